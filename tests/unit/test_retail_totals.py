"""A month of a real shop: what is invoiced and what is parked come to what was ordered, to the penny."""

from collections import Counter
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Literal

import pytest

from sandbox.retail import RetailOrder, iter_retail_orders
from sitecore_kashflow.errors import PermanentError
from tests.builders import Raw, address, draft, line, sent_to, worksheet

FILE = Path(__file__).resolve().parents[3] / "shared/data/online-retail-2010-12.csv.gz"
HALVES = {"line": 0, "total": 1}
needs_file = pytest.mark.skipif(not FILE.exists(), reason="the retail file ../shared/data is not here")


def as_ordercloud_sends(order: RetailOrder) -> Raw:
    """The order as the shop would send it."""
    there = order.customer.address
    lines = [
        line(
            one.product_id,
            quantity=one.quantity,
            price=str(one.unit_price),
            discount=str(one.discount),
            tax_code=one.tax_code,
            ID=f"L{position}",
        )
        | sent_to(there.country)
        for position, one in enumerate(order.lines, start=1)
    ]
    return worksheet(
        *lines,
        tax=str(order.tax),
        shipping=str(order.shipping),
        order_discount=str(order.discount),
        ID=order.order_id,
        BillingAddress=address(Country=there.country, Zip=there.postcode),
    )


@needs_file
@pytest.mark.parametrize("rounding", ["line", "total"])
def test_invoices_and_parked_orders_come_to_all_orders_of_the_month(rounding: Literal["line", "total"]) -> None:
    """One half of the month by a shop that rounds each line, the other by one that rounds the total."""
    ordered = invoiced = parked = Decimal(0)
    reasons: Counter[str] = Counter()
    count = 0
    for order in islice(iter_retail_orders(FILE, rounding), HALVES[rounding], None, 2):
        ordered += order.total
        count += 1
        try:
            made = draft(as_ordercloud_sends(order))
        except PermanentError as error:
            parked += order.total
            reasons[error.code] += 1
            continue
        assert (made.gross, made.vat) == (order.total, order.tax)
        assert made.net + made.vat == order.total
        invoiced += made.net + made.vat
    assert invoiced + parked == ordered
    assert count > 800
    assert set(reasons) <= {"COUNTRY_UNKNOWN"}
    assert reasons.total() < count / 100
