"""Credit notes set against invoices of the same order, so that neither stays open (W10, W11)."""

from collections.abc import Iterator
from decimal import Decimal

from ..canonical.allocation import AllocationDraft
from ..canonical.kinds import ALLOCATION, CREDIT_NOTE, RECEIPT
from ..canonical.money import ZERO
from ..documents.entry import Entry, Standing
from .case import Case


def allocations(case: Case) -> Iterator[AllocationDraft]:
    """A draft for each pair, if the rules have them made: the oldest credit note against the oldest invoice first."""
    if not case.rules.kashflow.allocate_credits or not case.is_charged_in_full:
        return
    left = {one.reference: open_amount(case, one) for one in case.charges}
    for note in (one for one in case.charges if one.kind == CREDIT_NOTE):
        for invoice in (one for one in case.charges if one.kind != CREDIT_NOTE):
            amount = min(-left[note.reference], left[invoice.reference])
            if amount > ZERO:
                left[note.reference] += amount
                left[invoice.reference] -= amount
                yield _draft(case, note, invoice, amount)


def open_amount(case: Case, entry: Entry) -> Decimal:
    """What is still to be paid of an invoice; less than nothing for a credit note that is not given back yet."""
    number = entry.standing.number if entry.standing else 0
    later = [one for one in case.entries.of_kind(RECEIPT) if one.on == number and one.is_settled]
    paid = sum((amount for one in (entry, *later) for amount in one.carried.values()), ZERO)
    set_off = ZERO
    for one in case.entries.of_kind(ALLOCATION):
        note, _, invoice = one.reference.partition("-")
        if one.is_settled and str(number) in (note, invoice):
            set_off += one.figures.gross if str(number) == invoice else -one.figures.gross
    return entry.figures.gross - paid - set_off


def _draft(case: Case, note: Entry, invoice: Entry, amount: Decimal) -> AllocationDraft:
    days = [one.days.issued for one in (note, invoice) if one.days]
    charged, credited = invoice.standing or Standing(0), note.standing or Standing(0)
    return AllocationDraft(
        invoice_number=charged.number,
        invoice_id=charged.internal_id or 0,
        credit_note_number=credited.number,
        credit_note_id=credited.internal_id or 0,
        amount=amount,
        day=max(days),
        currency=invoice.figures.currency,
        rules_version=case.rules.version,
    )
