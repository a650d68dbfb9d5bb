"""The receipts that an order's invoice should show, each in its place in the books."""

from collections.abc import Iterator

from ..canonical.days import books_date
from ..canonical.invoice import PaymentLine
from ..canonical.order import Order, Payment
from ..rules.payments import PaymentRules
from .division import Statement
from .money import receipts_for, require_fitting_money


def receipt_lines(order: Order, rules: PaymentRules) -> Iterator[PaymentLine]:
    """A line for each receipt that the bridge posts. Raises `PermanentError` for money that does not fit the order."""
    statement = Statement(order.owed)
    require_fitting_money(order, statement, rules)
    for payment in receipts_for(order, statement):
        if not rules.is_imported(payment, order.currency):
            yield receipt_line(payment, order.currency, rules)


def receipt_line(payment: Payment, sold_in: str, rules: PaymentRules) -> PaymentLine:
    """A receipt as a line on the invoice. It goes where money of the currency that the order was sold in goes."""
    return PaymentLine(
        payment_id=payment.payment_id,
        paid_on=books_date(payment.received_at),
        amount=payment.amount,
        reference=payment.reference,
        paid_into=rules.paid_into(payment, sold_in),
    )
