"""An OrderCloud order with sensible defaults: a test changes only what it is about.

Everything is as OrderCloud's JSON says it, parsed with exact decimals. The default order is two mugs at
10.00 with delivery for 4.95: 24.95 net, 4.99 VAT, 29.94 in all.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sitecore_kashflow.canonical.invoice import InvoiceDraft
from sitecore_kashflow.canonical.order import Order
from sitecore_kashflow.plan.invoice import invoice_draft
from sitecore_kashflow.rules.document import default_rules, parse_rules
from sitecore_kashflow.rules.model import Rules
from sitecore_kashflow.shops.ordercloud import wire
from sitecore_kashflow.shops.ordercloud.mapping import canonical_order
from sitecore_kashflow.shops.ordercloud.payments import Paperwork

Raw = dict[str, Any]


def address(**changes: Any) -> Raw:
    """Ada's address in Leeds."""
    return {
        "ID": "addr-1",
        "CompanyName": None,
        "FirstName": "Ada",
        "LastName": "Field",
        "Street1": "1 High St",
        "Street2": None,
        "City": "Leeds",
        "State": None,
        "Zip": "LS1 1AA",
        "Country": "GB",
        "Phone": "020 7946 0000",
        "AddressName": "Home",
        "xp": None,
    } | changes


def user(**changes: Any) -> Raw:
    """The buyer's user who placed the order."""
    return {
        "ID": "ada",
        "CompanyID": "retail",
        "Username": "ada",
        "FirstName": "Ada",
        "LastName": "Field",
        "Email": "ada@example.org",
        "Phone": None,
        "Active": True,
        "xp": None,
    } | changes


def line(
    product: str = "MUG",
    *,
    quantity: int = 1,
    price: str = "10.00",
    discount: str = "0",
    tax_code: str | None = None,
    **changes: Any,
) -> Raw:
    """A line of `quantity` at `price`, `discount` off the whole line; `tax_code` is the product's class.

    `changes` are fields of the line as OrderCloud names them.
    """
    net = quantity * Decimal(price)
    return {
        "ID": f"line-{product.lower()}",
        "ProductID": product,
        "Quantity": quantity,
        "IsBundle": False,
        "QuantityShipped": 0,
        "UnitPrice": Decimal(price),
        "LineSubtotal": net,
        "PromotionDiscount": Decimal(discount),
        "BaseDiscount": Decimal(0),
        "LineTotal": net - Decimal(discount),
        "Product": {
            "ID": product,
            "Name": product.title(),
            "Description": None,
            "xp": {"TaxCode": tax_code} if tax_code else None,
        },
        "Variant": None,
        "ShippingAddressID": "addr-1",
        "ShippingAddress": address(),
        "Specs": [],
        "xp": None,
    } | changes


def sent_to(country: str) -> Raw:
    """The fields of a line that goes to another country: `line("MUG") | sent_to("US")`."""
    return {"ShippingAddress": address(Country=country)}


def worksheet(
    *lines: Raw,
    tax: str = "4.99",
    shipping: str = "4.95",
    fees: str = "0",
    gratuity: str = "0",
    order_discount: str = "0",
    **changes: Any,
) -> Raw:
    """An order of these lines, its sums made as OrderCloud makes them; `changes` are fields of the order."""
    items = list(lines) or [line(quantity=2)]
    subtotal = sum((item["LineSubtotal"] for item in items), Decimal(0))
    promotions = sum((item["PromotionDiscount"] for item in items), Decimal(order_discount))
    base = sum((item["BaseDiscount"] for item in items), Decimal(0))
    charges = sum(map(Decimal, (tax, shipping, fees, gratuity)), Decimal(0))
    order = {
        "ID": "SO-1001",
        "FromUser": user(),
        "FromCompanyID": "retail",
        "ToCompanyID": "seller",
        "FromUserID": "ada",
        "BillingAddressID": "addr-1",
        "BillingAddress": address(),
        "ShippingAddressID": "addr-1",
        "Comments": None,
        "LineItemCount": len(items),
        "Status": "Open",
        "DateCreated": "2026-11-20T08:50:00.1+00:00",
        "DateSubmitted": "2026-11-20T09:00:00.9+00:00",
        "DateCompleted": None,
        "LastUpdated": "2026-11-20T09:00:00.9+00:00",
        "Subtotal": subtotal,
        "ShippingCost": Decimal(shipping),
        "TaxCost": Decimal(tax),
        "Gratuity": Decimal(gratuity),
        "Fees": Decimal(fees),
        "BaseDiscount": base,
        "PromotionDiscount": promotions,
        "Currency": "GBP",
        "Total": subtotal - base - promotions + charges,
        "IsSubmitted": True,
        "SubscriptionID": None,
        "xp": {"PONumber": "PO-9"},
    } | changes
    return {"Order": order, "LineItems": items, "OrderPromotions": [], "OrderCalculateResponse": None}


def transaction(kind: str = "CreditCardCapture", amount: str | None = "29.94", **changes: Any) -> Raw:
    """A transaction of a payment that succeeded, in the currency of whatever order it belongs to."""
    return {
        "ID": "tx-1",
        "Type": kind,
        "DateExecuted": "2026-11-20T09:05:00+00:00",
        "Currency": None,
        "Amount": None if amount is None else Decimal(amount),
        "Succeeded": True,
        "ResultCode": "00",
        "ResultMessage": "OK",
        "xp": None,
    } | changes


def payment(*transactions: Raw, amount: str | None = "29.94", **changes: Any) -> Raw:
    """A card payment, accepted, with these transactions."""
    return {
        "ID": "pay-1",
        "Type": "CreditCard",
        "DateCreated": "2026-11-20T08:59:00+00:00",
        "CreditCardID": None,
        "Description": None,
        "Currency": "GBP",
        "Amount": None if amount is None else Decimal(amount),
        "Accepted": True,
        "OrderReturnID": None,
        "xp": None,
        "Transactions": list(transactions),
    } | changes


def rules(document: str = "") -> Rules:
    """The default rules, with a shop's own document laid over them."""
    return parse_rules(document) if document else default_rules()


def shipment(shipped: str | None = "2026-11-22T15:00:00+00:00", **changes: Any) -> Raw:
    """A shipment of the order, and when it left."""
    return {"ID": "ship-1", "BuyerID": "retail", "DateShipped": shipped, "DateDelivered": None, "xp": None} | changes


def paperwork(payments: Sequence[Raw] = (), returns: Sequence[Raw] = ()) -> Paperwork:
    """What was read about an order's money."""
    return Paperwork(
        [wire.Payment.model_validate(one) for one in payments],
        [wire.OrderReturn.model_validate(one) for one in returns],
    )


def order_return(*items: Raw, amount: str | None = None, **changes: Any) -> Raw:
    """A return of the order that is agreed. Nobody has said an amount unless one is given."""
    return {
        "ID": "ret-1",
        "OrderID": "SO-1001",
        "PaymentIDs": None,
        "Status": "Open",
        "DateCreated": "2026-11-28T08:00:00+00:00",
        "DateCompleted": None,
        "LastUpdated": "2026-11-28T08:00:00+00:00",
        "RefundAmount": None if amount is None else Decimal(amount),
        "ItemsToReturn": list(items),
        "xp": None,
    } | changes


def returned(line_id: str = "line-mug", quantity: int | None = 1, amount: str | None = None) -> Raw:
    """What of one line comes back."""
    given = None if amount is None else Decimal(amount)
    return {"LineItemID": line_id, "Quantity": quantity, "RefundAmount": given, "Comments": None}


def order(
    raw: Raw | None = None,
    payments: Sequence[Raw] = (),
    shop_rules: Rules | None = None,
    shipments: Sequence[Raw] = (),
    returns: Sequence[Raw] = (),
) -> Order:
    """The order as the bridge understands it."""
    return canonical_order(
        wire.Worksheet.model_validate(worksheet() if raw is None else raw),
        paperwork(payments, returns),
        shop_rules or default_rules(),
        [wire.Shipment.model_validate(one) for one in shipments],
    )


def draft(raw: Raw | None = None, payments: Sequence[Raw] = (), shop_rules: Rules | None = None) -> InvoiceDraft:
    """The invoice that the bridge would make of it."""
    return invoice_draft(order(raw, payments, shop_rules), shop_rules or default_rules())
