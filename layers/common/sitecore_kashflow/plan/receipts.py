"""The receipts that an order's invoice should show, each in its place in the books."""

from collections.abc import Iterator

from ..canonical.days import books_date
from ..canonical.invoice import PaymentLine
from ..canonical.order import Order, Payment
from ..errors import PermanentError
from ..rules.payments import PaymentRules


def receipt_lines(order: Order, rules: PaymentRules) -> Iterator[PaymentLine]:
    """A line for each receipt that the bridge posts. Raises `PermanentError` for money that does not fit the order."""
    require_fitting_money(order)
    for payment in order.payments:
        if not rules.is_imported(payment, order.currency):
            yield receipt_line(payment, order.currency, rules)


def require_fitting_money(order: Order) -> None:
    """Raise `PermanentError` for money that was given back, or that is more than is owed."""
    if order.refunded:
        raise PermanentError(
            "REFUND_NOT_BOOKED",
            f"The shop received {order.paid + order.gift_card} {order.currency} for an order of {order.total} and gave "
            f"{order.refunded} back, and the bridge makes no credit notes. Book the sale, what came in and the credit "
            "note in KashFlow, as far as they are not there, then abandon the order here.",
        )
    if order.paid > order.owed:
        raise PermanentError(
            "OVERPAID",
            f"The shop received {order.paid} {order.currency} for an order of {order.total}. "
            "Refund or correct the payments in Sitecore, then resume.",
        )


def receipt_line(payment: Payment, sold_in: str, rules: PaymentRules) -> PaymentLine:
    """A receipt as a line on the invoice. It goes where money of the currency that the order was sold in goes."""
    return PaymentLine(
        payment_id=payment.payment_id,
        paid_on=books_date(payment.received_at),
        amount=payment.amount,
        reference=payment.reference,
        paid_into=rules.paid_into(payment, sold_in),
    )
