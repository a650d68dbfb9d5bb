"""OrderCloud's shapes, as docs/facts/sitecore.md has them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import simplejson
from pydantic import ValidationError

from sitecore_kashflow.shops.ordercloud.wire import Order, Payment, User, Worksheet
from tests.builders import line, payment, transaction, worksheet

SAMPLE_WORKSHEET = """
{"Order": {"ID": "SO-1001", "FromCompanyID": "ACME", "FromUserID": "u-77", "LineItemCount": 2, "Status": "Open",
  "DateSubmitted": "2026-11-21T09:00:00.9+00:00", "LastUpdated": "2026-11-21T09:00:00.9+00:00", "Subtotal": 100.00,
  "ShippingCost": 5.00, "TaxCost": 19.00, "Gratuity": 0, "Fees": 0, "BaseDiscount": 0, "PromotionDiscount": 10.00,
  "Currency": "GBP", "Total": 114.00, "IsSubmitted": true, "xp": {"PONumber": "PO-9"}},
 "LineItems": [
  {"ID": "li-1", "ProductID": "WIDGET", "Quantity": 3, "IsBundle": false, "QuantityShipped": 0, "UnitPrice": 20.00,
   "LineSubtotal": 60.00, "PromotionDiscount": 6.00, "BaseDiscount": 0, "LineTotal": 54.00,
   "Product": {"ID": "WIDGET", "Name": "Widget", "Description": null, "QuantityMultiplier": 1,
   "xp": {"TaxCode": "STD"}}, "Variant": null, "ShippingAddressID": "addr-1", "InventoryRecordID": null, "Specs": [],
   "xp": {"VatRate": 20}},
  {"ID": "li-2", "ProductID": "GADGET", "Quantity": 1, "IsBundle": false, "QuantityShipped": 0, "UnitPrice": 40.00,
   "LineSubtotal": 40.00, "PromotionDiscount": 0, "BaseDiscount": 0, "LineTotal": 40.00,
   "Product": {"ID": "GADGET", "Name": "Gadget", "xp": null},
   "Variant": {"ID": "GADGET-RED", "Name": "Red", "xp": null},
   "Specs": [{"SpecID": "colour", "Value": "Red", "PriceMarkupType": "NoMarkup", "PriceMarkup": 0}], "xp": null}],
 "OrderPromotions": [{"ID": "p-line", "LineItemLevel": true, "LineItemID": "li-1", "Amount": 6.00}],
 "Subscription": null, "ShipEstimateResponse": null,
 "OrderCalculateResponse": {"LineItemOverrides": [], "TaxTotal": 19.00, "Succeeded": true,
  "xp": {"TaxDetails": {"TotalTax": 19.00}}},
 "OrderSubmitResponse": null}
"""


def exact(text: str) -> Any:
    return simplejson.loads(text, parse_float=Decimal)


def test_the_sample_worksheet_reads_with_exact_amounts_and_ignores_what_is_not_needed() -> None:
    read = Worksheet.model_validate(exact(SAMPLE_WORKSHEET))
    assert (read.order.id, read.order.from_company_id, read.order.from_user_id) == ("SO-1001", "ACME", "u-77")
    assert (read.order.tax_cost, read.order.total) == (Decimal("19.00"), Decimal("114.00"))
    assert read.order.date_submitted == datetime(2026, 11, 21, 9, 0, 0, 900_000, UTC)
    widget, gadget = read.line_items
    assert (widget.quantity, widget.unit_price, widget.line_subtotal) == (3, Decimal(20), Decimal(60))
    assert widget.product is not None
    assert widget.product.xp == {"TaxCode": "STD"}
    assert widget.xp == {"VatRate": 20}
    assert gadget.variant is not None
    assert gadget.variant.id == "GADGET-RED"
    assert gadget.xp == {}


def test_nulls_in_every_optional_field_read_as_nothing() -> None:
    bare = {"ID": "SO-1", "Status": "Open"}
    blank = Order.model_validate(
        bare
        | dict.fromkeys(
            ("FromUser", "BillingAddress", "Currency", "DateSubmitted", "DateCompleted", "Subtotal", "ShippingCost",
             "TaxCost", "Gratuity", "Fees", "BaseDiscount", "PromotionDiscount", "Total", "xp", "FromUserID")
        )
    )  # fmt: skip
    assert blank == Order.model_validate(bare)
    assert (blank.currency, blank.total, blank.date_submitted) == ("", Decimal(0), None)
    assert blank.xp == {}


def test_older_orders_without_base_discount_gratuity_and_fees_count_them_as_nothing() -> None:
    raw = exact(SAMPLE_WORKSHEET)["Order"]
    for name in ("BaseDiscount", "Gratuity", "Fees"):
        del raw[name]
    read = Order.model_validate(raw)
    assert {read.base_discount, read.gratuity, read.fees} == {Decimal(0)}


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2021-02-23T20:39:03.173+00:00", datetime(2021, 2, 23, 20, 39, 3, 173_000, UTC)),
        ("2026-11-21T09:00:01.1234567+00:00", datetime(2026, 11, 21, 9, 0, 1, 123_456, UTC)),
        ("2026-11-21T09:00:01Z", datetime(2026, 11, 21, 9, 0, 1, 0, UTC)),
        ("2026-11-21T10:00:01+01:00", datetime(2026, 11, 21, 9, 0, 1, 0, UTC)),
    ],
)
def test_moments_read_with_any_fraction_and_offset(written: str, moment: datetime) -> None:
    assert Order.model_validate({"ID": "SO-1", "Status": "Open", "DateCreated": written}).date_created == moment


def test_a_moment_without_offset_is_refused_rather_than_guessed() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        Order.model_validate({"ID": "SO-1", "Status": "Open", "DateCreated": "2026-11-21T09:00:01"})


@pytest.mark.parametrize("number", ["20", "20.0", "20.00", "0.1"])
def test_money_is_exact_however_many_places_are_printed(number: str) -> None:
    read = Order.model_validate(exact(f'{{"ID": "SO-1", "Status": "Open", "TaxCost": {number}}}'))
    assert read.tax_cost == Decimal(number)


def test_a_line_may_lack_unit_price_product_and_address() -> None:
    raw = worksheet(line(UnitPrice=None, Product=None, ShippingAddress=None, BundleItemID=None))
    (read,) = Worksheet.model_validate(raw).line_items
    assert (read.unit_price, read.product, read.shipping_address, read.bundle_item_id) == (None, None, None, "")


def test_a_payment_reads_with_its_transactions_and_with_amounts_left_open() -> None:
    read = Payment.model_validate(payment(transaction(amount=None), amount=None))
    assert (read.type, read.amount, read.accepted) == ("CreditCard", None, True)
    (captured,) = read.transactions or ()
    assert (captured.type, captured.amount, captured.succeeded) == ("CreditCardCapture", None, True)
    assert captured.date_executed == datetime(2026, 11, 20, 9, 5, 0, 0, UTC)


@pytest.mark.parametrize("none", [None, []])
def test_a_payment_may_have_no_transactions(none: Any) -> None:
    assert not Payment.model_validate(payment() | {"Transactions": none, "Accepted": None}).transactions


def test_a_user_of_the_sample_reads_with_its_xp() -> None:
    read = User.model_validate(
        exact(
            '{"ID": "u-77", "CompanyID": "ACME", "Username": "jane", "FirstName": "Jane", "LastName": "Doe", '
            '"Email": "accounts@acme.example", "Phone": "020 7946 0000", "Active": true, '
            '"xp": {"VatNumber": "GB123456789"}, "AvailableRoles": ["Shopper"]}'
        )
    )
    assert (read.id, read.company_id, read.email) == ("u-77", "ACME", "accounts@acme.example")
    assert read.xp == {"VatNumber": "GB123456789"}
