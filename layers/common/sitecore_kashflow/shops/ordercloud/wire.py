"""OrderCloud's messages (docs/facts/sitecore.md), as far as the bridge reads them. Unknown fields are ignored."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field

from ...calls.answers import Answer, Part

ZERO = Decimal(0)
_FIRST_YEAR, _LAST_YEAR = 1990, 9990


def _zero_if_none(value: object) -> object:
    return ZERO if value is None else value


def _empty_if_none(value: object) -> object:
    return "" if value is None else value


def _none_if_no_date(value: object) -> object:
    """Systems that have no date write one of their calendar's ends instead, such as 0001-01-01 or 9999-12-31."""
    year = value[:4] if isinstance(value, str) else ""
    return None if year.isdigit() and not _FIRST_YEAR <= int(year) <= _LAST_YEAR else value


Moment = Annotated[AwareDatetime | None, BeforeValidator(_none_if_no_date)]
Text = Annotated[str, BeforeValidator(_empty_if_none)]
Money = Annotated[Decimal, BeforeValidator(_zero_if_none)]
Count = Annotated[int, BeforeValidator(lambda value: 0 if value is None else value)]
Extended = Annotated[dict[str, Any], BeforeValidator(lambda value: {} if value is None else value)]


class Address(Part):
    company_name: Text = ""
    first_name: Text = ""
    last_name: Text = ""
    street1: Text = ""
    street2: Text = ""
    city: Text = ""
    state: Text = ""
    zip: Text = ""
    country: Text = ""
    phone: Text = ""


class User(Part):
    id: Text = Field("", alias="ID")
    company_id: Text = Field("", alias="CompanyID")
    first_name: Text = ""
    last_name: Text = ""
    email: Text = ""
    phone: Text = ""
    xp: Extended = Field({}, alias="xp")


class Order(Part):
    id: str = Field(alias="ID")
    from_user: User | None = None
    from_company_id: Text = Field("", alias="FromCompanyID")
    from_user_id: Text = Field("", alias="FromUserID")
    billing_address: Address | None = None
    status: str
    date_created: Moment = None
    date_submitted: Moment = None
    date_approved: Moment = None
    date_declined: Moment = None
    date_canceled: Moment = None
    date_completed: Moment = None
    last_updated: Moment = None
    subtotal: Decimal | None = None
    shipping_cost: Money = ZERO
    tax_cost: Money = ZERO
    gratuity: Money = ZERO
    fees: Money = ZERO
    base_discount: Money = ZERO
    promotion_discount: Money = ZERO
    currency: Text = ""
    total: Money = ZERO
    xp: Extended = Field({}, alias="xp")


class Product(Part):
    id: Text = Field("", alias="ID")
    name: Text = ""
    xp: Extended = Field({}, alias="xp")


class Variant(Part):
    id: Text = Field("", alias="ID")
    name: Text = ""


class LineItem(Part):
    id: str = Field(alias="ID")
    product_id: Text = Field("", alias="ProductID")
    quantity: int
    is_bundle: bool = False
    bundle_item_id: Text = Field("", alias="BundleItemID")
    unit_price: Decimal | None = None
    line_subtotal: Money = ZERO
    base_discount: Money = ZERO
    promotion_discount: Money = ZERO
    product: Product | None = None
    variant: Variant | None = None
    shipping_address: Address | None = None
    ship_from_address: Address | None = None
    xp: Extended = Field({}, alias="xp")


class Promotion(Part):
    """One that was applied: to a line, or to the whole order."""

    amount: Money = ZERO
    line_item_id: Text = Field("", alias="LineItemID")
    value_expression: Text = ""


class Worksheet(Answer):
    """`GET /orders/{direction}/{id}/worksheet`: the order with all its lines, without payments."""

    order: Order
    line_items: tuple[LineItem, ...] = ()
    order_promotions: tuple[Promotion, ...] = ()


class Transaction(Part):
    id: str = Field(alias="ID")
    type: Text = ""
    date_executed: Moment = None
    currency: Text = ""
    amount: Decimal | None = None
    succeeded: bool = False
    xp: Extended = Field({}, alias="xp")


class Payment(Answer):
    id: str = Field(alias="ID")
    type: Text = ""
    date_created: Moment = None
    amount: Decimal | None = None
    accepted: bool | None = None
    order_return_id: Text = Field("", alias="OrderReturnID")
    transactions: tuple[Transaction, ...] | None = None
    xp: Extended = Field({}, alias="xp")


class ShipmentItem(Part):
    order_id: Text = Field("", alias="OrderID")
    line_item_id: Text = Field("", alias="LineItemID")
    quantity_shipped: Count = 0


class Shipment(Answer):
    """What has left. `items` are a list of their own in OrderCloud, read only where they are wanted."""

    id: str = Field(alias="ID")
    date_shipped: Moment = None
    date_delivered: Moment = None
    items: tuple[ShipmentItem, ...] = ()


class ReturnItem(Part):
    line_item_id: str = Field(alias="LineItemID")
    quantity: Count = 0
    refund_amount: Decimal | None = None


class OrderReturn(Answer):
    """Goods, or money alone, that go back: an item may have no quantity, and no amount unless somebody gave one."""

    id: str = Field(alias="ID")
    order_id: Text = Field("", alias="OrderID")
    status: Text = ""
    date_created: Moment = None
    refund_amount: Decimal | None = None
    items_to_return: Annotated[tuple[ReturnItem, ...], BeforeValidator(lambda value: value or ())] = ()

    @property
    def is_completed(self) -> bool:
        """Whether the customer has been refunded (OC-88)."""
        return self.status == "Completed"

    @property
    def counts(self) -> bool:
        """Whether it is agreed, and neither declined nor taken back."""
        return self.is_completed or self.status == "Open"

    @property
    def amount(self) -> Decimal | None:
        """What it gives back: its own amount, else that of its items if all have one. None if nobody has said."""
        said = [item.refund_amount for item in self.items_to_return]
        added = [amount for amount in said if amount is not None]
        if self.refund_amount is not None or not added or len(added) < len(said):
            return self.refund_amount
        return sum(added, ZERO)
