"""A shop's order as the bridge understands it."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from ..errors import PermanentError
from .customer import FROZEN, Address, Customer
from .keys import digest_of
from .money import ZERO, Amount

LONGEST_TERMS = 365
"""Days; whoever wants longer has a loan in mind, or has made a mistake."""


class OrderStanding(StrEnum):
    """What the shop's status means for the books."""

    NOT_DUE = "not_due"
    DUE = "due"
    CANCELLED = "cancelled"


Tags = dict[str, tuple[str, ...]]
"""The shop's own words, by the path at which it keeps them; only those that conditional rules ask for."""


class OrderLine(BaseModel):
    """One line. Amounts are in the order's currency, and include VAT only if the order's prices do.

    `net` is after the line's own discounts; `destination` and `postcode` say where it is supplied, `ships_from` the
    country that it leaves, where the shop says so. `nominal_code` is for this line alone: the shop's own function or a
    conditional rule has set it.
    """

    model_config = FROZEN

    line_id: str
    product_code: str
    description: str
    quantity: int
    unit_price: Amount | None = None
    subtotal: Amount
    discount: Amount = ZERO
    tax_class: str = ""
    vat_rate: Amount | None = None
    vat_amount: Amount | None = None
    supply: Literal["goods", "digital", "service", "intangible", "land", "event", "voucher"] = "goods"
    destination: str = ""
    postcode: str = ""
    ships_from: str = ""
    tags: Tags = {}
    nominal_code: int | None = None

    @property
    def net(self) -> Decimal:
        return self.subtotal - self.discount


class Payment(BaseModel):
    """Money that the shop has received for the order in one transaction, in the order's currency.

    `payment_id` names the payment and its transaction. `method` is the shop's type of payment, `transaction` that of
    the transaction; `reference` is the gateway's own id of it.
    """

    model_config = FROZEN

    payment_id: str
    method: str
    gateway: str = ""
    transaction: str = ""
    reference: str = ""
    amount: Amount
    received_at: AwareDatetime


class Refund(BaseModel):
    """Money that the shop has given back in one transaction. `amount` is more than nothing, in the order's currency.

    `refund_id` is its name for good, such as that of the payment and its transaction; `reference` is the gateway's own
    id of it. `paid_by` is the payment that is given back, so that the money leaves from where that one went.
    `return_id` is the shop's return that it settles, empty if none. `spent_at` is when all of it had been spent, if it
    was given as store credit and the shop says so.
    """

    model_config = FROZEN

    refund_id: str
    paid_by: Payment
    reference: str = ""
    amount: Amount
    refunded_at: AwareDatetime
    return_id: str = ""
    spent_at: AwareDatetime | None = None


class Chargeback(BaseModel):
    """Money that the customer's bank has taken back in one transaction, though the sale stands.

    `amount` is negative where the shop has won it again. `paid_by` is the payment that is disputed.
    """

    model_config = FROZEN

    chargeback_id: str
    paid_by: Payment
    reference: str = ""
    amount: Amount
    taken_at: AwareDatetime


class ReturnedLine(BaseModel):
    """What of one line comes back. `amount` is what the shop gives back for it with VAT, None if it does not say."""

    model_config = FROZEN

    line_id: str
    quantity: int = Field(ge=0)
    amount: Amount | None = None


class OrderReturn(BaseModel):
    """Goods that a customer sends back, by the shop's own id of the return.

    `amount` is what the shop gives back for all of it, None if it does not say.
    """

    model_config = FROZEN

    return_id: str
    amount: Amount | None = None
    lines: tuple[ReturnedLine, ...] = ()


class MoneyHeld(NamedTuple):
    """What came in for an order, and what was given back of it, in its currency."""

    received: Decimal
    given_back: Decimal

    @property
    def held(self) -> Decimal:
        return self.received - self.given_back

    @property
    def was_given_back(self) -> bool:
        """Whether money came in, and none of it is left."""
        return self.received > 0 and self.held <= 0


class Dispatch(BaseModel):
    """Goods that have left the shop; `at` is None where the shop does not say when.

    `pieces` says how many of each line, by its id: only where that decides what is invoiced.
    """

    model_config = FROZEN

    shipment_id: str
    at: AwareDatetime | None = None
    pieces: dict[str, int] = {}


class Enrichment(NamedTuple):
    """What a function of the shop's own was asked about an order, as a digest, and what it answered, as it did."""

    function: str
    asked: str
    answer: str


class Unreadable(NamedTuple):
    """What the shop says in a way that cannot be read: the reason code of an order that needs it, and words."""

    code: str
    words: str


class Order(BaseModel):
    """One order. All amounts in `currency`; `order_discount` is what the lines' own discounts leave over,
    `delivery_discount` the part of it that the shop's promotions give on delivery.

    `gift_card` is the part of the total that an invoice shows as a negative line, not as a payment. `returns` are those
    that `refunds` settle. `changed_at` is when it was last changed in the shop, `cancelled_at` when it was cancelled,
    `undone_at` when a person decided that its documents come to nothing.
    `due_at` is when it fell due by the rules, if that was after it was placed;
    `completed_at`, when all of it had been supplied. `terms_days` are the days that the shop gives the customer to pay,
    where it says so; `is_on_account`, that some of it is to be paid later. `customers_number` is the customer's own
    number for the order, `vat_number_check` what the shop was answered when it asked for the customer's VAT number, and
    `is_vat_number_refused` whether that was no.
    `payment_types` are the shop's, of money and of promises.
    `text` is what its documents say beside their lines. `enrichment` is what the shop's own code has set in it.
    `unreadable` must be put right before anything is posted; what is posted does without.
    """

    model_config = FROZEN

    source: str
    order_id: str
    status: str
    standing: OrderStanding
    placed_at: AwareDatetime
    due_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None
    terms_days: int | None = Field(default=None, ge=0, le=LONGEST_TERMS)
    is_on_account: bool = False
    customers_number: str = ""
    vat_number_check: str = ""
    is_vat_number_refused: bool = False
    currency: str
    customer: Customer
    delivery: Address | None = None
    lines: tuple[OrderLine, ...] = ()
    shipping: Amount = ZERO
    fees: Amount = ZERO
    gratuity: Amount = ZERO
    order_discount: Amount = ZERO
    delivery_discount: Amount = ZERO
    tax: Amount = ZERO
    prices_include_vat: bool = False
    total: Amount
    gift_card: Amount = ZERO
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    returns: tuple[OrderReturn, ...] = ()
    chargebacks: tuple[Chargeback, ...] = ()
    changed_at: AwareDatetime | None = None
    cancelled_at: AwareDatetime | None = None
    undone_at: AwareDatetime | None = None
    dispatches: tuple[Dispatch, ...] = ()
    buyer: str = ""
    is_company: bool = False
    payment_types: tuple[str, ...] = ()
    tags: Tags = {}
    text: str = ""
    enrichment: Enrichment | None = None
    unreadable: tuple[Unreadable, ...] = ()

    @model_validator(mode="after")
    def adds_up(self) -> Self:
        """`Total = Subtotal - discounts + TaxCost + ShippingCost + Gratuity + Fees` (OC-32)."""
        explained = sum((line.net for line in self.lines), ZERO) - self.order_discount
        explained += self.tax + self.shipping + self.fees + self.gratuity
        if explained != self.total:
            raise PermanentError(
                "ORDER_DOES_NOT_ADD_UP",
                f"Lines, charges, discounts and tax of the order come to {explained} {self.currency}, "
                f"but the shop's total is {self.total}. Correct the order in Sitecore, then resume.",
            )
        return self

    @property
    def goods(self) -> str:
        """A digest of what is sold: each product with its destination and quantity, in whatever order they stand."""
        sold = Counter[tuple[str, str]]()
        for line in self.lines:
            sold[line.product_code, line.destination] += line.quantity
        return digest_of(repr(sorted(sold.items())))

    @property
    def sale(self) -> str:
        """A digest of all that decides what the customer is charged: an order with another one was changed."""
        lines = [_facts_of(one) for one in self.lines]
        charges = (self.shipping, self.fees, self.gratuity, self.order_discount, self.delivery_discount)
        sums = (self.currency, self.total, self.tax, self.gift_card, *charges)
        return digest_of(repr([sorted(lines), _plain(sums), self.customer.vat_number]))

    @property
    def owed(self) -> Decimal:
        """What payments must come to."""
        return self.total - self.gift_card

    @property
    def paid(self) -> Decimal:
        return sum((payment.amount for payment in self.payments), ZERO)

    @property
    def charged_back(self) -> Decimal:
        """What customers' banks have taken back and not given again."""
        return sum((one.amount for one in self.chargebacks), ZERO)

    @property
    def refunded(self) -> Decimal:
        """What the shop has given back of the payments."""
        return sum((refund.amount for refund in self.refunds), ZERO)


def _facts_of(line: OrderLine) -> tuple[str, ...]:
    """What decides how much a line is charged, and with which VAT."""
    taxed_as = (line.tax_class, line.vat_rate, line.vat_amount, line.supply)
    sent = (line.destination, line.postcode, line.ships_from)
    return _plain((line.product_code, line.quantity, line.net, *taxed_as, *sent))


def _plain(values: Iterable[object]) -> tuple[str, ...]:
    """Values as text that is the same for the same amount, however many noughts it has."""
    return tuple(f"{one.normalize():f}" if isinstance(one, Decimal) else str(one) for one in values)
