"""The invoice that the books should hold for an order."""

from datetime import date, timedelta
from decimal import Decimal

from ..canonical.invoice import InvoiceDraft
from ..canonical.keys import invoice_reference
from ..canonical.money import ZERO
from ..canonical.order import Order
from ..errors import PermanentError
from ..rules.model import OrderRules, Rules
from ..rules.verdict import verdict_on
from .conditional import order_as_ruled, with_words_of_rules
from .gift_card import redeemed_card
from .invoice_lines import invoice_lines
from .receipts import receipt_lines
from .tax_point import day_due, day_paid, tax_point
from .terms import day_to_pay
from .vat_numbers import evidence_of

_LARGEST_QUANTITY = 999_999_999
_ELECTION = timedelta(days=14)


def invoice_draft(order: Order, rules: Rules) -> InvoiceDraft:
    """The invoice that the books should hold for an order. Raises `PermanentError` where a person must decide."""
    draft = sale_as_of(order, rules, tax_point(order, rules) or day_due(order))
    return draft.model_copy(update={"payments": tuple(receipt_lines(order, rules.payments))})


def sale_as_of(order: Order, rules: Rules, issued_on: date) -> InvoiceDraft:
    """What an order comes to whose tax point is this day, whatever was paid of it."""
    _require_usable(order, rules.orders.largest_amount)
    if order.total < ZERO:
        raise PermanentError(
            "NEGATIVE_TOTAL",
            f"The order comes to {order.total} {order.currency}, and an invoice is never less than nothing. "
            "Correct the order in Sitecore, then resume.",
        )
    verdict = verdict_on(order, rules.conditional)
    order = order_as_ruled(order, verdict)
    found = invoice_lines(order, rules, issued_on)
    lines = found.lines
    if order.gift_card:
        lines += (redeemed_card(order, lines, rules, issued_on),)
    return InvoiceDraft(
        reference=invoice_reference(order.order_id),
        issued_on=issued_on,
        due_on=day_to_pay(order, issued_on, rules.orders),
        currency=order.currency,
        gross=order.owed,
        address=order.customer.address,
        delivery=order.delivery,
        lines=with_words_of_rules(lines, order, verdict),
        vat_method=found.method,
        vat_drift=found.drift,
        reverse_charged_to=order.customer.vat_number if found.is_reverse_charge else "",
        customers_number=order.customers_number,
        vat_number=evidence_of(order, lines),
        text=order.text,
        sale=order.sale,
        enriched_by=order.enrichment.function if order.enrichment else "",
        issue_until=issue_until(order, issued_on, rules.orders),
        rules_version=rules.version,
        rules_held=verdict.rules,
    )


def issue_until(order: Order, tax_point: date, rules: OrderRules) -> date | None:
    """By election, an invoice that is made within 14 days after the dispatch of unpaid goods moves the tax point."""
    is_elected = (rules.tax_point, rules.on_dispatch) == ("first_of", "issue_day")
    return tax_point + _ELECTION if is_elected and tax_point != day_paid(order) else None


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
