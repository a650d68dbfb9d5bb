"""The tax point of an order: the day that its invoice bears, and by which its VAT falls into a return (docs/vat.md)."""

from datetime import date

from ..canonical.days import books_date
from ..canonical.money import ZERO
from ..canonical.order import Order
from ..rules.model import Rules


def tax_point(order: Order, rules: Rules) -> date | None:
    """The tax point by the rules. None while nothing has happened that makes one."""
    return day_due(order) if rules.orders.tax_point == "order" else first_of(order)


def day_due(order: Order) -> date:
    """The UK day of the order, of what made it due later, or of an earlier payment: one may come before the order."""
    moments = (order.due_at or order.placed_at, *(payment.received_at for payment in order.payments))
    return books_date(min(moments))


def first_of(order: Order) -> date | None:
    """The day on which all was paid, or the first goods left, or all was supplied; whichever came first."""
    return min((day for day in (day_paid(order), day_supplied(order)) if day), default=None)


def day_paid(order: Order) -> date | None:
    """The day on which the payments had come to what is owed; that of the order if nothing is."""
    if order.owed <= ZERO:
        return books_date(order.placed_at)
    received = ZERO
    for payment in sorted(order.payments, key=lambda payment: payment.received_at):
        received += payment.amount
        if received >= order.owed:
            return books_date(payment.received_at)
    return None


def day_supplied(order: Order) -> date | None:
    """The day on which the first goods left, or the order was completed."""
    moments = [dispatch.at for dispatch in order.dispatches] + [order.completed_at]
    return min((books_date(moment) for moment in moments if moment), default=None)


def missing_evidence(order: Order) -> str:
    """What an order waits for that has no tax point yet, as a sentence."""
    undated = [dispatch.shipment_id for dispatch in order.dispatches if dispatch.at is None]
    sent = f"shipment {', '.join(undated)} has no day of dispatch" if undated else "nothing is shipped"
    return (
        f"{order.paid} of {order.owed} {order.currency} is paid, {sent}, and the order is not completed. "
        "Record in Sitecore what has happened: the captured payment or the shipment."
    )
