"""The invoice that the books should hold for an order."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ..canonical.invoice import InvoiceDraft, PaymentLine
from ..canonical.keys import invoice_reference
from ..canonical.money import ZERO
from ..canonical.order import Order, Payment
from ..errors import PermanentError
from ..rules.model import OrderRules, Rules
from .invoice_lines import invoice_lines

_LARGEST_QUANTITY = 999_999_999
_BOOKS_ZONE = ZoneInfo("Europe/London")


def books_date(moment: datetime) -> date:
    """The UK local date of a moment."""
    return moment.astimezone(_BOOKS_ZONE).date()


def invoice_draft(order: Order, rules: Rules) -> InvoiceDraft:
    """The invoice that the books should hold for an order. Raises `PermanentError` where a person must decide."""
    _require_usable(order, rules.orders.largest_amount)
    if order.total < ZERO:
        raise PermanentError(
            "NEGATIVE_TOTAL",
            f"The order comes to {order.total} {order.currency}, and an invoice is never less than nothing. "
            "Correct the order in Sitecore, then resume.",
        )
    method, lines = invoice_lines(order, rules)
    issued_on = books_date(order.placed_at)
    return InvoiceDraft(
        reference=invoice_reference(order.order_id),
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=rules.orders.payment_terms_days),
        currency=order.currency,
        gross=order.total - order.gift_card,
        address=order.customer.address,
        delivery=order.delivery,
        lines=lines,
        payments=tuple(_receipt_lines(order)),
        vat_method=method,
        goods=order.goods,
        rules_version=rules.version,
    )


def _require_usable(order: Order, largest: Decimal) -> None:
    """Raise `PermanentError` for amounts and quantities that can only be a mistake, before anything is worked out."""
    charges = (order.total, order.tax, order.shipping, order.fees, order.gratuity, order.order_discount)
    amount = max(map(abs, (*charges, *(line.subtotal for line in order.lines))))
    if amount > largest:
        raise PermanentError(
            "AMOUNT_TOO_LARGE",
            f"The order has an amount of {amount} {order.currency}, and `orders.largest_amount` is {largest}. "
            "Correct the order in Sitecore, or raise the limit in the rules if it is right; then resume.",
        )
    for line in order.lines:
        if not 0 < line.quantity <= _LARGEST_QUANTITY:
            raise PermanentError(
                "QUANTITY_UNUSABLE",
                f"Line {line.line_id} has a quantity of {line.quantity}; it must be from 1 to {_LARGEST_QUANTITY}. "
                "Correct the order in Sitecore, then resume.",
            )


def in_open_period(draft: InvoiceDraft, first_open_day: date | None, rules: OrderRules) -> InvoiceDraft:
    """The draft outside the period that is locked in KashFlow. Raises `PermanentError` where the rule parks it."""
    if first_open_day is None or min((draft.issued_on, *(one.paid_on for one in draft.payments))) >= first_open_day:
        return draft
    if rules.locked_period == "park":
        raise PermanentError(
            "PERIOD_LOCKED",
            f"The order is of {draft.issued_on}, and KashFlow is locked before {first_open_day}. Open the period, or "
            "set `orders.locked_period` to first_open_day in the rules, then resume.",
        )
    payments = tuple(one.model_copy(update={"paid_on": max(one.paid_on, first_open_day)}) for one in draft.payments)
    days = {"issued_on": max(draft.issued_on, first_open_day), "due_on": max(draft.due_on, first_open_day)}
    return draft.model_copy(update=days | {"payments": payments})


def _receipt_lines(order: Order) -> Iterator[PaymentLine]:
    if order.paid > order.total - order.gift_card:
        raise PermanentError(
            "OVERPAID",
            f"The shop received {order.paid} {order.currency} for an order of {order.total}. "
            "Refund or correct the payments in Sitecore, then resume.",
        )
    for payment in order.payments:
        yield receipt_line(payment)


def receipt_line(payment: Payment) -> PaymentLine:
    """A receipt of the shop as a line on the invoice."""
    return PaymentLine(
        payment_id=payment.payment_id,
        paid_on=books_date(payment.received_at),
        amount=payment.amount,
        method=payment.method,
    )
