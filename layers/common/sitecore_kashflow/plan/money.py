"""An order's money by what it is for: the documents that charge the order, or nothing that was ever charged."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from ..canonical.money import ZERO, minor_unit, round_money
from ..canonical.order import Order, Payment, Refund
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


@dataclass(frozen=True)
class Division:
    """`on_documents` and `surplus` of a payment, or of a refund, in the order's currency; both more than nothing.

    The surplus of a payment is the customer's own money; that of a refund gives it back.
    """

    of: Payment | Refund
    on_documents: Decimal
    surplus: Decimal


def divide(order: Order, charged: Decimal) -> list[Division]:
    """Each payment and refund of an order in turn. `charged` is what its documents come to before any refund."""
    net, found = ZERO, list[Division]()
    events: list[Payment | Refund] = [*order.payments, *order.refunds]
    for one in sorted(events, key=_turn):
        if isinstance(one, Payment):
            over = max(ZERO, net + one.amount - max(charged, net))
            net += one.amount
        else:
            over = min(one.amount, max(ZERO, net - charged))
            net -= one.amount
            charged -= one.amount - over
        found.append(Division(one, one.amount - over, over))
    return found


def charged_before_refunds(order: Order, documents: Iterable[Charged], given_back: Decimal) -> Decimal:
    """What documents come to, in the order's currency, as if no money had gone back for them.

    `given_back` is what did, in the currency of the documents. What was converted is known to a few pennies only: it is
    what the order comes to, if it may be.
    """
    standing = list(documents)
    charged = sum((one.gross for one in standing), ZERO) + given_back
    first = standing[0]
    if first.currency == order.currency or first.rate is None:
        return charged
    if len({one.rate for one in standing}) > 1:
        return order.owed
    converted = round_money(charged * first.rate, order.currency)
    slack = minor_unit(order.currency) * (1 + first.rate) * (len(standing) + 1)
    return order.owed if abs(converted - order.owed) <= slack else converted


def _turn(one: Payment | Refund) -> tuple[datetime, bool, str]:
    """Of two at the same moment the payment comes first."""
    if isinstance(one, Payment):
        return one.received_at, False, one.payment_id
    return one.refunded_at, True, one.refund_id


def require_fitting_money(order: Order, charged: Decimal, rules: PaymentRules) -> None:
    """Raise `PermanentError` for more money than was ever charged, if no rule says where the customer's own goes."""
    if rules.overpaid == "customers_account":
        return
    left = sum((_sign(one) * one.surplus for one in divide(order, charged)), ZERO)
    if left > ZERO:
        raise PermanentError(
            "OVERPAID",
            f"The shop received {left} {order.currency} more than the {charged} that the order comes to. Refund or "
            "correct the payments in Sitecore, or set `payments.overpaid` in the rules to customers_account; then "
            "resume.",
        )


def _sign(one: Division) -> int:
    return 1 if isinstance(one.of, Payment) else -1


def receipts_for(order: Order, charged: Decimal) -> Iterator[Payment]:
    """The payments as far as they are for what is charged, as the shop lists them."""
    parts = {one.of.payment_id: one.on_documents for one in divide(order, charged) if isinstance(one.of, Payment)}
    for payment in order.payments:
        if parts[payment.payment_id]:
            yield payment.model_copy(update={"amount": parts[payment.payment_id]})
