"""What happens to orders after their sale: each script does one thing after another at the shop's service desk.

A script is a generator. After each thing that the shop has done it yields what both systems must come to show, and
carries on once they do. Each product is on one line of an order, so that the desk can tell its lines by them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol

from sandbox.retail_order import Address, Customer, OrderLine, PaymentKind, RetailOrder
from sandbox.service_desk import Returned, ServiceDesk

OWN_RULES = """\
version: after-sale
orders: {tax_point: first_of, split_dispatch: true}
nominal_codes: {deposit: 2115}
gift_cards: {kind: multi}
payments:
  gift_card_types: [SpendingAccount]
  accounts: [{type: SpendingAccount, bank_account: "1220", method: Gift card}]
"""
"""Of a shop that waits for payment or dispatch, and whose gift cards buy anything; it may send an order in parts."""


@dataclass(frozen=True)
class Wanted:
    """What both systems must show: what Sitecore says, and the gross of each document by the end of its reference.

    `is_sent`: nothing of the order is still to be sent before it is charged.
    """

    sync_state: str
    documents: Mapping[str, Decimal]
    is_sent: bool = True


def both(sync_state: str, sale: str = "", **documents: str) -> Wanted:
    """`both("Paid", "37.94", R1="-5.00")`: the invoice of the order, and a credit note whose reference ends in -R1."""
    found = {"": Decimal(sale)} if sale else {}
    return Wanted(sync_state, found | {f"-{end}": Decimal(gross) for end, gross in documents.items()})


class Bridge(Protocol):
    """What a person asks of the bridge."""

    def retry(self, order_id: str) -> None: ...


@dataclass(frozen=True)
class Hands:
    """Who may do something in a script: the shop, and a person who looks after the bridge."""

    desk: ServiceDesk
    bridge: Bridge


Script = Callable[[Hands, RetailOrder], Iterator[Wanted]]


@dataclass(frozen=True)
class Scenario:
    """An order and what becomes of it, under the default rules or a shop's own."""

    name: str
    order: RetailOrder
    script: Script
    rules: str = field(default="", repr=False)


def _refund_whole(hands: Hands, order: RetailOrder) -> Iterator[Wanted]:
    yield both("Paid", "37.94")
    hands.desk.refund(order, Decimal("37.94"))
    yield both("Credited", "37.94", R1="-37.94")


def _refund_part(hands: Hands, order: RetailOrder) -> Iterator[Wanted]:
    """Twice: each has a credit note of its own."""
    yield both("Paid", "37.94")
    hands.desk.refund(order, Decimal("10.00"))
    yield both("Paid", "37.94", R1="-10.00")
    hands.desk.refund(order, Decimal("0.01"))
    yield both("Paid", "37.94", R1="-10.00", R2="-0.01")


def _goodwill(hands: Hands, order: RetailOrder) -> Iterator[Wanted]:
    """A return of nothing: money alone."""
    yield both("Paid", "37.94")
    hands.desk.return_goods(order, [], Decimal("5.00"))
    yield both("Paid", "37.94", R1="-5.00")


def _return(hands: Hands, order: RetailOrder) -> Iterator[Wanted]:
    """One of two mugs, of an order that is completed: of one that is Open, only what was shipped can go back."""
    yield both("Paid", "37.94")
    hands.desk.return_goods(order, [Returned("MUG", 1)], Decimal("12.00"))
    yield both("Paid", "37.94", R1="-12.00")


def _cancel_unpaid(hands: Hands, order: RetailOrder) -> Iterator[Wanted]:
    yield both("Invoiced", "37.94")
    hands.desk.cancel(order)
    yield both("Credited", "37.94", R1="-37.94")


def _cancel_paid(hands: Hands, order: RetailOrder) -> Iterator[Wanted]:
    """The credit note waits for the money to go back."""
    yield both("Paid", "37.94")
    hands.desk.cancel(order)
    yield both("Paid", "37.94")
    hands.desk.refund(order, Decimal("37.94"))
    yield both("Credited", "37.94", R1="-37.94")


def _edit_up(hands: Hands, order: RetailOrder) -> Iterator[Wanted]:
    yield both("Paid", "37.94")
    order = hands.desk.set_quantity(order, "MUG", 3)
    yield both("Invoiced", "37.94", A1="12.00")
    hands.desk.capture(order, Decimal("12.00"))
    yield both("Paid", "37.94", A1="12.00")


def _edit_down(hands: Hands, order: RetailOrder) -> Iterator[Wanted]:
    yield both("Paid", "37.94")
    order = hands.desk.set_quantity(order, "MUG", 1)
    yield both("Paid", "37.94")
    hands.desk.refund(order, Decimal("12.00"))
    yield both("Paid", "37.94", R1="-12.00")


def _swap(hands: Hands, order: RetailOrder) -> Iterator[Wanted]:
    """Other goods at the same price, before they are paid: nothing is left but another account or other words."""
    yield both("Invoiced", "37.94")
    order = hands.desk.swap_line(order, "MUG", _CUPS)
    yield both("Invoiced", "37.94", A1="24.00", R1="-24.00")
    hands.desk.capture(order, Decimal("37.94"))
    yield both("Paid", "37.94", A1="24.00", R1="-24.00")


def _exchange(hands: Hands, order: RetailOrder) -> Iterator[Wanted]:
    """Dearer goods for those that are paid: set off against each other, and the difference is paid."""
    yield both("Paid", "37.94")
    order = hands.desk.swap_line(order, "MUG", _LAMP)
    yield both("Invoiced", "37.94", A1="36.00", R1="-24.00")
    hands.desk.capture(order, Decimal("12.00"))
    yield both("Paid", "37.94", A1="36.00", R1="-24.00")


def _second_capture(hands: Hands, order: RetailOrder) -> Iterator[Wanted]:
    """The second one is the customer's money: the order waits for a person, who goes on once it is given back."""
    yield both("Paid", "37.94")
    hands.desk.capture(order, Decimal("37.94"))
    yield both("Parked", "37.94")
    hands.desk.refund(order, Decimal("37.94"))
    hands.bridge.retry(order.order_id)
    yield both("Paid", "37.94")


def _chargeback(hands: Hands, order: RetailOrder) -> Iterator[Wanted]:
    """The sale stands, so the debt revives."""
    yield both("Paid", "37.94")
    hands.desk.charge_back(order, Decimal("37.94"))
    yield both("Invoiced", "37.94")


def _gift_card(hands: Hands, order: RetailOrder) -> Iterator[Wanted]:
    yield both("Paid", "37.94")
    hands.desk.refund(order, Decimal("5.00"))
    yield both("Paid", "37.94", R1="-5.00")


def _deposit(hands: Hands, order: RetailOrder) -> Iterator[Wanted]:
    """A sofa is paid in two parts; then something is given back."""
    hands.desk.capture(order, Decimal("240.00"))
    yield both("", D1="240.00")
    hands.desk.capture(order, Decimal("960.00"))
    yield both("Paid", "960.00", D1="240.00")
    hands.desk.refund(order, Decimal("120.00"))
    yield both("Paid", "960.00", D1="240.00", R1="-120.00")


def _split_dispatch(hands: Hands, order: RetailOrder) -> Iterator[Wanted]:
    """An order on account leaves in two parts, each with an invoice; then delivery is waived."""
    hands.desk.ship(order, MUG=1)
    yield replace(both("Invoiced", S1="17.94"), is_sent=False)
    hands.desk.ship(order, MUG=1, BOOK=1)
    yield both("Invoiced", S1="17.94", S2="20.00")
    hands.desk.set_shipping(order, Decimal("0.00"))
    yield both("Invoiced", S1="17.94", S2="20.00", R1="-5.94")


_ADA = Customer(
    "retail", "Retail customers", "ada", "Ada", "Field", "ada@shop.example",
    Address("home", "1 High Street", "Leeds", "LS1 1AA", "GB"),
)  # fmt: skip
_MUGS = OrderLine("MUG", "Mug", 2, Decimal("10.00"))
_CUPS = OrderLine("CUP", "Cup", 2, Decimal("10.00"))
_LAMP = OrderLine("LAMP", "Lamp", 1, Decimal("30.00"))
_BOOK = OrderLine("BOOK", "Book", 1, Decimal("8.00"), "ZERO")
_SOFA = OrderLine("SOFA", "Sofa", 1, Decimal("1000.00"))
_PAID = RetailOrder("", _ADA, (_MUGS, _BOOK), shipping=Decimal("4.95"))
_UNPAID = replace(_PAID, payment=PaymentKind.AUTHORISED)

_ALL: tuple[tuple[str, RetailOrder, Script, str], ...] = (
    ("refund-whole", _PAID, _refund_whole, ""),
    ("refund-part", _PAID, _refund_part, ""),
    ("goodwill", _PAID, _goodwill, ""),
    ("return", replace(_PAID, completed=True), _return, ""),
    ("cancel-unpaid", _UNPAID, _cancel_unpaid, ""),
    ("cancel-paid", _PAID, _cancel_paid, ""),
    ("edit-up", _PAID, _edit_up, ""),
    ("edit-down", _PAID, _edit_down, ""),
    ("swap", _UNPAID, _swap, ""),
    ("exchange", _PAID, _exchange, ""),
    ("second-capture", _PAID, _second_capture, ""),
    ("chargeback", _PAID, _chargeback, ""),
    ("gift-card", replace(_PAID, payment=PaymentKind.GIFT_CARD), _gift_card, OWN_RULES),
    ("deposit", replace(_UNPAID, lines=(_SOFA,), shipping=Decimal(0)), _deposit, OWN_RULES),
    ("split-dispatch", replace(_PAID, payment=PaymentKind.PURCHASE_ORDER), _split_dispatch, OWN_RULES),
)

SCENARIOS = {
    name: Scenario(name, replace(order, order_id=f"AS-{number}"), script, rules)
    for number, (name, order, script, rules) in enumerate(_ALL, start=1)
}
