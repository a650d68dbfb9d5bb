"""The day that an invoice bears: its tax point, but for an election or a period that is locked in KashFlow."""

from datetime import date, timedelta

from ..canonical.invoice import InvoiceDraft, InvoiceLine, PaymentLine
from ..canonical.kinds import CREDIT_NOTE
from ..errors import NotInAccountError
from ..rules.model import OrderRules
from ..rules.payments import PaymentRules

LATEST_MOVE = timedelta(days=100)
"""A document may bear a later day than that on which it was posted, if KashFlow is locked until then: not longer."""


def on_day_of_issue(draft: InvoiceDraft, today: date) -> InvoiceDraft:
    """By election, the invoice bears the day on which it is made, if that is soon enough after the dispatch."""
    if draft.issue_until is None or not draft.issued_on < today <= draft.issue_until:
        return draft
    due_on = draft.due_on and today + (draft.due_on - draft.issued_on)
    return draft.model_copy(update={"issued_on": today, "due_on": due_on})


def in_open_period(draft: InvoiceDraft, first_open_day: date | None, rules: OrderRules) -> InvoiceDraft:
    """The draft outside the period that is locked in KashFlow. Raises `NotInAccountError` where the rule parks it.

    A document that bears a later day than its tax point says so, in a line that costs nothing.
    """
    if first_open_day is None or min((draft.issued_on, *(one.paid_on for one in draft.payments))) >= first_open_day:
        return draft
    if rules.locked_period == "park":
        what = "A credit note" if draft.kind == CREDIT_NOTE else "The order"
        raise _locked(f"{what} is of {draft.issued_on}", first_open_day)
    payments = tuple(one.model_copy(update={"paid_on": max(one.paid_on, first_open_day)}) for one in draft.payments)
    draft = draft.model_copy(update={"payments": payments})
    if draft.issued_on >= first_open_day:
        return draft
    is_refund = draft.kind == CREDIT_NOTE and draft.payments
    words = "Refunded" if is_refund else "Time of supply:"
    note = [_on_its_day(words, line, draft.issued_on) for line in draft.lines[:1]]
    due_on = draft.due_on and max(draft.due_on, first_open_day)
    late = {"supplied_on": draft.issued_on, "issued_on": first_open_day, "due_on": due_on}
    return draft.model_copy(update=late | {"lines": (*draft.lines, *note)})


def receipt_in_open_period(line: PaymentLine, first_open_day: date | None, rules: OrderRules) -> PaymentLine:
    """A receipt that comes after its invoice: moved to the first open day if the rule says so."""
    if first_open_day is None or rules.locked_period == "park":
        return line
    return line.model_copy(update={"paid_on": max(line.paid_on, first_open_day)})


def day_in_open_period(day: date, first_open_day: date | None, what: str, rules: OrderRules) -> date:
    """A day that is not locked in KashFlow: the first open one if the rule says so. Raises `NotInAccountError`."""
    if not is_locked(day, first_open_day) or first_open_day is None:
        return day
    if rules.locked_period == "park":
        raise _locked(f"{what} is of {day}", first_open_day)
    return first_open_day


def is_locked(day: date | None, first_open_day: date | None) -> bool:
    """Whether a day is known to be before the first open one."""
    return day is not None and first_open_day is not None and day < first_open_day


def require_open(
    line: PaymentLine, invoice_number: int, issued_on: date | None, first_open_day: date | None, rules: PaymentRules
) -> None:
    """A receipt can be booked: KashFlow takes none of a locked day, and changes no invoice of one (KF-64).

    Raises `NotInAccountError` otherwise.
    """
    if first_open_day is None:
        return
    by_hand = "or book the receipt there by hand and give it the note `Sitecore payment` and its id"
    if is_locked(issued_on, first_open_day) and rules.when_invoice_is_locked == "park":
        raise NotInAccountError(
            "PERIOD_LOCKED",
            f"Money came for invoice {invoice_number} of {issued_on}, and KashFlow changes no invoice before "
            f"{first_open_day}. Open the period until the receipt is on it, {by_hand}; then resume.",
        )
    if line.paid_on < first_open_day:
        raise _locked(f"The money for invoice {invoice_number} is of {line.paid_on}", first_open_day)


def vat_period_end(day: date, ends: tuple[int, ...]) -> date:
    """The last day of the VAT period that a day lies in; `ends` are the months at whose end one ends."""
    month = next((month for month in sorted(ends) if month >= day.month), min(ends))
    year = day.year if month >= day.month else day.year + 1
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _locked(what: str, first_open_day: date) -> NotInAccountError:
    return NotInAccountError(
        "PERIOD_LOCKED",
        f"{what}, and KashFlow is locked before {first_open_day}. Open the period, or set `orders.locked_period` to "
        "first_open_day in the rules, then resume.",
    )


def _on_its_day(words: str, like: InvoiceLine, day: date) -> InvoiceLine:
    """Regulation 14(1)(b) asks for the time of supply where it differs from the day of issue; so for a refund's day."""
    return like.note(f"{words} {day.day} {day:%B %Y}", "time of supply")
