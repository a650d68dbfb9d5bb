"""An order's money by what it is for: the documents that charge the order, or nothing that was ever charged."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Protocol

from ..canonical.money import ZERO, round_money
from ..canonical.order import Chargeback, Order, Payment, Refund
from ..errors import PermanentError
from ..rules.payments import PaymentRules
from .division import Statement, divide


class Charged(Protocol):
    """The sum of a document, and its rate where it is in another currency than the home one."""

    @property
    def gross(self) -> Decimal: ...

    @property
    def currency(self) -> str: ...

    @property
    def rate(self) -> Decimal | None: ...


def money_that_left(
    order: Order, statement: Statement, sales: Sequence[Charged]
) -> Iterator[tuple[Refund | Chargeback, Decimal]]:
    """What went back of the money for the documents, in their currency: more than nothing, unless it was won again.

    All of it is converted together, each with what left before it, so that it comes to what it does in one.
    """
    before = ZERO
    for one in divide(order, statement):
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


def require_fitting_money(order: Order, statement: Statement, rules: PaymentRules) -> None:
    """Raise `PermanentError` for more money than was ever charged, if no rule says where the customer's own goes."""
    if rules.overpaid == "customers_account":
        return
    left = surplus_of(order, statement)
    if left > ZERO:
        raise PermanentError(
            "OVERPAID",
            f"The shop received {left} {order.currency} more than the {statement.charged} that the order comes to. "
            "Refund or correct the payments in Sitecore, or set `payments.overpaid` in the rules to customers_account; "
            "then resume.",
        )


def surplus_of(order: Order, statement: Statement) -> Decimal:
    """What was received more than was ever charged, and not given back."""
    return sum((one.surplus for one in divide(order, statement)), ZERO)


def receipts_for(order: Order, statement: Statement) -> Iterator[Payment]:
    """The payments as far as they are for what is charged, as the shop lists them."""
    parts = {one.of.payment_id: one.on_documents for one in divide(order, statement) if isinstance(one.of, Payment)}
    for payment in order.payments:
        if parts[payment.payment_id]:
            yield payment.model_copy(update={"amount": parts[payment.payment_id]})
