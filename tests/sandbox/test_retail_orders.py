from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.retail import PaymentKind, RetailShop, demo_orders, iter_retail_orders, left_out, retail_order
from sandbox.retail_order import half_up
from tests.sandbox.ordercloud_shop import Shop

FILE = Path(__file__).resolve().parents[3] / "shared/data/online-retail-2010-12.csv.gz"
needs_file = pytest.mark.skipif(not FILE.exists(), reason="the retail file ../shared/data is not here")


def row(code="85123A", quantity="6", price="2.55", **changes):
    """A row of the file; `changes` are its columns."""
    return {
        "InvoiceNo": "536365",
        "StockCode": code,
        "Description": "HEART",
        "Quantity": quantity,
        "InvoiceDate": "2010-12-01T08:26:00",
        "UnitPrice": price,
        "CustomerID": "17850",
        "Country": "United Kingdom",
    } | changes


@pytest.fixture
def shop():
    """The sandbox's back office, and a retail shop on the same marketplace."""
    office = Shop()
    with RetailShop("http://ordercloud.test", transport=office.sandbox.transport) as retail:
        yield office, retail


def test_rows_of_an_invoice_become_lines_and_carriage_becomes_shipping():
    rows = [
        row(),
        row("dot", "1", "9.99"),
        row("bank charges", "1", "15"),
        row("22197", "3", "0", Description=""),
    ]
    order = retail_order("536365", rows)
    assert [line.product_id for line in order.lines] == ["85123A", "BANK-CHARGES", "22197"]
    assert order.lines[2].name == "22197"
    assert (order.shipping, order.tax, order.total) == (Decimal("9.99"), Decimal("8.06"), Decimal("48.35"))


def test_carriage_alone_is_a_line():
    order = retail_order("536365", [row("POST", "2", "18.00")])
    assert (order.shipping, order.lines[0].product_id) == (Decimal(0), "POST")


@pytest.mark.parametrize(
    ("country", "code", "taxed"),
    [
        ("United Kingdom", "GB", True),
        ("EIRE", "IE", False),
        ("Channel Islands", "JE", False),
        ("European Community", "EU", False),
        ("RSA", "ZA", False),
        ("Unspecified", "ZZ", False),
        ("Atlantis", "ZZ", False),
    ],
)
def test_country_decides_code_and_tax(country, code, taxed):
    order = retail_order("536365", [row(Country=country)])
    assert order.customer.address.country == code
    assert (order.tax > 0) is taxed


def test_tax_on_the_total_differs_from_tax_on_the_lines():
    rows = [row(price="0.12", quantity="1")] * 4
    assert retail_order("1", rows).tax == Decimal("0.08")
    assert retail_order("1", rows, "total").tax == Decimal("0.10")


def test_customer_without_number_is_the_guest_and_others_keep_their_invented_names():
    guest, known, again = (
        retail_order(number, [row(CustomerID=customer)]).customer
        for number, customer in (("1", ""), ("1", "17850"), ("2", "17850"))
    )
    assert (guest.user_id, guest.address.address_id) == ("guest", None)
    assert known == again
    assert known.address.address_id == "17850-GB"


def test_payments_take_turns_and_free_orders_are_not_paid():
    kinds = [retail_order(str(number), [row()]).payment for number in (3, 4, 5)]
    assert kinds == [PaymentKind.CAPTURED, PaymentKind.AUTHORISED, PaymentKind.PURCHASE_ORDER]
    assert retail_order("3", [row(price="0")]).payment is PaymentKind.NONE


def test_order_discount_is_spread_over_the_vat_rates():
    order = next(order for order in demo_orders(12) if order.xp["Kind"] == "order-promotion")
    nets = {"STD": Decimal("24.99"), "RED": Decimal("89.50"), "ZERO": Decimal("36.87")}
    standard, reduced = (half_up(10 * nets[code] / sum(nets.values())) for code in ("STD", "RED"))
    expected = half_up(nets["STD"] / 5) - half_up(standard / 5) + half_up(nets["RED"] / 20) - half_up(reduced / 20)
    assert order.tax == expected + Decimal("1.30")


def test_every_demo_order_is_placed_with_the_total_the_shop_reckons(shop):
    office, retail = shop
    for order in demo_orders(26):
        retail.place(order)
        placed = office.call("GET", f"/v1/orders/Incoming/{order.order_id}")
        assert placed["Total"] == order.total
        assert placed["Status"] == ("Completed" if order.completed else "Open")
        assert placed["Currency"] == order.customer.currency
    mixed = office.call("GET", "/v1/orders/Incoming/D-1002/worksheet")
    assert [line["Product"]["xp"]["TaxCode"] for line in mixed["LineItems"]] == ["STD", "RED", "ZERO"]


def test_placed_orders_show_their_payment(shop):
    office, retail = shop
    paths = {order.payment: f"/v1/orders/Incoming/{retail.place(order)}/payments" for order in demo_orders(3)}
    found = {kind: office.call("GET", path)["Items"][0] for kind, path in paths.items()}
    types = {kind: [each["Type"] for each in payment["Transactions"]] for kind, payment in found.items()}
    assert types == {
        PaymentKind.CAPTURED: ["CreditCardAuthorization", "CreditCardCapture"],
        PaymentKind.AUTHORISED: ["CreditCardAuthorization"],
        PaymentKind.PURCHASE_ORDER: [],
    }
    assert all(payment["Accepted"] for payment in found.values())


def test_guest_order_carries_its_address_itself(shop):
    office, retail = shop
    retail.place(retail_order("536544", [row(CustomerID="")]))
    order = office.call("GET", "/v1/orders/Incoming/R-536544")
    assert (order["FromUserID"], order["BillingAddressID"], order["BillingAddress"]["Country"]) == (
        "guest",
        None,
        "GB",
    )
    assert order["xp"] == {"OriginalDate": "2010-12-01T08:26:00"}


def test_shop_signs_in_again_when_its_token_dies(shop):
    office, retail = shop
    first, second = demo_orders(2)
    retail.place(first)
    office.sandbox.faults.add({"kind": "expire_token", "path": "/v1/orders/*"})
    assert retail.place(second) == "D-1002"


@needs_file
def test_file_splits_into_orders_and_invoices_left_out_by_reason():
    orders = [order.order_id for order in iter_retail_orders(FILE)]
    reasons = [left.reason for left in left_out(FILE)]
    assert (len(orders), len(set(orders)), orders[0]) == (1629, 1629, "R-536365")
    assert reasons.count("return or cancellation") == 326
    assert reasons.count("no positive quantity") == 70
    assert len(orders) + len(reasons) == 2025


@needs_file
def test_first_orders_of_the_file_are_placed_to_the_penny(shop):
    office, retail = shop
    for order, _ in zip(iter_retail_orders(FILE), range(12), strict=False):
        retail.place(order)
        placed = office.call("GET", f"/v1/orders/Incoming/{order.order_id}")
        assert (placed["Total"], placed["LineItemCount"]) == (order.total, len(order.lines))
