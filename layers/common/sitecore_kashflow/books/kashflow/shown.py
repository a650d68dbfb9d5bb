"""What an invoice should show, part by part, kept so short that the ledger can hold it; and what one does show."""

from collections.abc import Iterable
from decimal import Decimal

from ...canonical.invoice import InvoiceDraft
from ...canonical.keys import digest_of
from ...canonical.money import round_money
from ...documents.entry import Entry
from ...plan.vat_amounts import is_trial
from .wire import Invoice, LineItem, read_date

_LENGTH = 8
_NO_MARK = "x"


def lines_of(draft: InvoiceDraft) -> tuple[str, ...]:
    """A short digest of each line that has an amount: net, VAT, level, nominal; with a sign for those marked N/A."""
    return tuple(
        _digest(line.net, line.vat, line.vat_level, line.nominal_code) + (_NO_MARK if line.vat_exempt else "")
        for line in draft.lines
        if (line.net or line.vat) and not is_trial(line)
    )


def difference(invoice: Invoice, entry: Entry) -> str:
    """Which part of an invoice is not as it was posted, in words; empty if all are. What is not shown is not missed."""
    currency = invoice.currency.code if invoice.currency else ""
    dates = (read_date(invoice.issued_date), read_date(invoice.due_date))
    meant_dates = entry.dates or dates
    for name, is_, ought in (
        ("customer", invoice.customer_code, entry.customer_code),
        ("currency", currency, entry.figures.currency),
        ("date", dates[0], meant_dates[0]),
        ("due date", dates[1], meant_dates[1]),
    ):
        if is_ and is_ != ought:
            return f"{name} {is_}, which should be {ought}"
    return _differing_line(invoice.lines, entry.lines) if entry.lines and invoice.lines else ""


def _differing_line(shown: Iterable[LineItem], meant: Iterable[str]) -> str:
    lines = [line for line in shown if (line.net or line.vat) and not is_trial(line)]
    left = list(meant)
    for line in lines:
        own = _digest(line.net, line.vat, line.vat_level, line.nominal_code)
        marks = (own, own + _NO_MARK) if line.vat_exempt is None else (own + (_NO_MARK if line.vat_exempt else ""),)
        found = next((mark for mark in marks if mark in left), None)
        if found is None:
            mark = "N/A" if line.vat_exempt else f"{line.vat_level.normalize():f} %"
            sums = f"{line.net:.2f} + {line.vat:.2f} VAT at {mark}"
            return f"a line of {sums} on nominal {line.nominal_code}, which was not posted so"
        left.remove(found)
    return f"{len(left)} lines less than were posted" if left else ""


def _digest(net: Decimal, vat: Decimal, level: Decimal, nominal_code: int) -> str:
    words = f"{round_money(net, 'GBP')} {round_money(vat, 'GBP')} {level.normalize():f} {nominal_code}"
    return digest_of(words)[:_LENGTH]
