"""Orders as OrderCloud tells them, beside the whole of what KashFlow is sent for them (`tests/golden/*.json`).

A change of the mapping shows as a difference in those files, which a bookkeeper can read.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson

from sitecore_kashflow.books.kashflow.mapping import PaymentIds, customer_payload, invoice_payload
from sitecore_kashflow.canonical.invoice import PaidInto
from sitecore_kashflow.canonical.keys import customer_code
from sitecore_kashflow.documents.entry import Entries
from sitecore_kashflow.plan.case import Case
from sitecore_kashflow.plan.duties import with_duties
from tests.builders import order, rules

FOLDER = Path(__file__).resolve().parent.parent / "golden"


def as_sent(payload: Any) -> str:
    """The JSON text, digit for digit."""
    return str(simplejson.dumps(payload, use_decimal=True, sort_keys=True, indent=1))


def ids_of(place: PaidInto, methods: dict[str, int]) -> PaymentIds:
    """A bank account's id is its code, or that of the default one; a method's stands in the pair by its name."""
    return PaymentIds(int(place.bank_account or 55166), methods[str(place.method or "default")])


def pairs() -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted(FOLDER.glob("*.json"))]


def test_there_are_golden_pairs() -> None:
    assert len(pairs()) >= 25


@pytest.mark.parametrize("path", pairs())
def test_an_order_becomes_exactly_the_customer_and_the_invoice_beside_it(path: Path) -> None:
    pair = simplejson.loads(path.read_text("utf-8"), parse_float=Decimal)
    own = rules(simplejson.dumps(pair["rules"], use_decimal=True) if pair["rules"] else "")
    understood = order(pair["worksheet"], pair["payments"], own, pair.get("shipments", []))
    code = customer_code(own.customers.code_prefix, understood.customer.key)
    parts, rate = Case(understood, Entries(), own).deposits, Decimal(pair["exchange_rate"])
    sent = []
    for made in (*parts.drafts, parts.rest):
        ids = {one.paid_into: ids_of(one.paid_into, pair["payment_methods"]) for one in made.payments}
        sent.append(invoice_payload(with_duties(made, rate, own.orders.home_currency), code, rate, ids))
    assert as_sent(customer_payload(understood.customer, code, understood.currency)) == as_sent(pair["customer"])
    assert as_sent(sent) == as_sent([*pair.get("deposits", []), pair["invoice"]])
