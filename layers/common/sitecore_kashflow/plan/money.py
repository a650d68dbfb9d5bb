"""An order's money by what it is for: the documents that charge the order, or nothing that was ever charged."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from ..canonical.money import ZERO, minor_unit, round_money
from ..canonical.order import Chargeback, Order, Payment, Refund
from ..errors import PermanentError
from ..rules.payments import PaymentRules


class Charged(Protocol):
    """The sum of a document, and its rate where it is in another currency than the home one."""

    @property
    def gross(self) -> Decimal: ...

    @property
    def currency(self) -> str: ...

    @property
    def rate(self) -> Decimal | None: ...


Moved = Payment | Refund | Chargeback


@dataclass(frozen=True)
class Division:
    """`on_documents` and `surplus` of money, in the order's currency: less than nothing of what left.

    The surplus of a payment is the customer's own money; that of a refund, or of a chargeback, gives it back.
    """

    of: Moved
    on_documents: Decimal
    surplus: Decimal


def divide(order: Order, charged: Decimal) -> list[Division]:
    """All money of an order in turn. `charged` is what its documents come to before any refund.

    What is refunded is no longer charged; what a bank takes back is owed again.
    """
    net, found = ZERO, list[Division]()
    events: list[Moved] = [*order.payments, *order.refunds, *order.chargebacks]
    for one in sorted(events, key=turn_of):
        amount = one.amount if isinstance(one, Payment) else -one.amount
        too_much = max(ZERO, net + amount - max(charged, net))
        over = too_much if amount > ZERO else max(amount, min(ZERO, charged - net))
        net += amount
        if isinstance(one, Refund):
            charged += amount - over
        found.append(Division(one, amount - over, over))
    return found


def money_that_left(
    order: Order, charged: Decimal, sales: Sequence[Charged]
) -> Iterator[tuple[Refund | Chargeback, Decimal]]:
    """What went back of the money for the documents, in their currency: more than nothing, unless it was won again.

    All of it is converted together, each with what left before it, so that it comes to what it does in one.
    """
    before = ZERO
    for one in divide(order, charged):
        if not isinstance(one.of, Payment) and one.on_documents:
            after = before - one.on_documents
            yield one.of, in_books(after, order, sales) - in_books(before, order, sales)
            before = after


def in_books(amount: Decimal, order: Order, sales: Sequence[Charged]) -> Decimal:
    """An amount of the order in the currency of its documents."""
    currency, rate = sales[0].currency, sales[0].rate
    if order.currency == currency or rate is None:
        return amount
    if len({one.rate for one in sales}) > 1 and order.owed:  # a deposit had the rate of its own day
        return round_money(amount * sum((one.gross for one in sales), ZERO) / order.owed, currency)
    return round_money(amount / rate, currency)


def charged_before_refunds(order: Order, documents: Iterable[Charged], booked: Mapping[str, Decimal]) -> Decimal:
    """What documents come to, in the order's currency, as if no money had gone back for them.

    `booked` is what they show of each payment, refund and chargeback, in their own currency. What was converted is
    known to a few pennies only: it is what the order comes to, or what was held of it once, if it may be.
    """
    standing = list(documents)
    charged = sum((one.gross for one in standing), ZERO)
    charged -= sum((booked.get(one.refund_id, ZERO) for one in order.refunds), ZERO)
    charged = max(charged, _most_received(order, booked))
    first = standing[0]
    if first.currency == order.currency or first.rate is None:
        return charged
    if len({one.rate for one in standing}) > 1:
        return order.owed
    converted = round_money(charged * first.rate, order.currency)
    slack = (minor_unit(order.currency) + minor_unit(first.currency) * first.rate) * (len(standing) + 1)
    likely = [one for one in (order.owed, order.paid, *_held(order)) if abs(converted - one) <= slack]
    return max(likely, default=converted)


def _most_received(order: Order, booked: Mapping[str, Decimal]) -> Decimal:
    """The most that documents have shown as received at any time: so much was charged, whatever was credited since."""
    received = most = ZERO
    for one in _in_and_taken(order):
        received += booked.get(turn_of(one)[-1], ZERO)
        most = max(most, received)
    return most


def _held(order: Order) -> Iterator[Decimal]:
    """What the shop held of the customer's money after each payment, if nothing had been refunded."""
    held = ZERO
    for one in _in_and_taken(order):
        held += one.amount if isinstance(one, Payment) else -one.amount
        yield held


def _in_and_taken(order: Order) -> list[Payment | Chargeback]:
    """What came in and what a bank took back, in turn."""
    events: list[Payment | Chargeback] = [*order.payments, *order.chargebacks]
    return sorted(events, key=turn_of)


def turn_of(one: Moved) -> tuple[datetime, bool, str]:
    """Its moment and its id; of two at the same moment the payment comes first."""
    if isinstance(one, Payment):
        return one.received_at, False, one.payment_id
    if isinstance(one, Refund):
        return one.refunded_at, True, one.refund_id
    return one.taken_at, True, one.chargeback_id


def require_fitting_money(order: Order, charged: Decimal, rules: PaymentRules) -> None:
    """Raise `PermanentError` for more money than was ever charged, if no rule says where the customer's own goes."""
    if rules.overpaid == "customers_account":
        return
    left = surplus_of(order, charged)
    if left > ZERO:
        raise PermanentError(
            "OVERPAID",
            f"The shop received {left} {order.currency} more than the {charged} that the order comes to. Refund or "
            "correct the payments in Sitecore, or set `payments.overpaid` in the rules to customers_account; then "
            "resume.",
        )


def surplus_of(order: Order, charged: Decimal) -> Decimal:
    """What was received more than was ever charged, and not given back."""
    return sum((one.surplus for one in divide(order, charged)), ZERO)


def receipts_for(order: Order, charged: Decimal) -> Iterator[Payment]:
    """The payments as far as they are for what is charged, as the shop lists them."""
    parts = {one.of.payment_id: one.on_documents for one in divide(order, charged) if isinstance(one.of, Payment)}
    for payment in order.payments:
        if parts[payment.payment_id]:
            yield payment.model_copy(update={"amount": parts[payment.payment_id]})
