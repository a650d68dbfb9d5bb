"""Step 5: write on the order in Sitecore what became of it, then release the order."""

from dataclasses import dataclass
from datetime import datetime

from ..canonical.kinds import CHARGES, CREDIT_NOTE, DISPATCH_INVOICE, FURTHER_INVOICE, OWN_INVOICE
from ..canonical.report import Balance, Report
from ..canonical.states import OrderState
from ..documents.entry import ZERO, Entries
from ..documents.ledger import Ledger
from ..errors import BridgeError, HeldBackError, OutcomeUnknownError, PermanentError, RetryableError
from ..observability import LogCode, Metric, count, note
from ..runs.records import ABANDONED, PARKED, Job, Parking, SubjectRecord
from ..runs.runs import Runs
from ..runs.slots import Slots
from ..shops.shop import Audiences

_NOTHING_TO_TELL = (OrderState.WAITING, OrderState.CANCELLED, OrderState.UNKNOWN, OrderState.SHADOWED)
_FURTHER = (FURTHER_INVOICE, DISPATCH_INVOICE)
GONE = "gone"
"""Stands for a report that the shop could not take, because it no longer has the order."""


@dataclass(frozen=True)
class Reporter:
    """Reports to shops what became of their orders, unless the last report said the same."""

    ledger: Ledger
    audiences: Audiences
    is_silent: bool = False
    """In shadow mode shops are told nothing, and nothing counts as told."""

    def report(self, job: Job, record: SubjectRecord, now: datetime) -> bool:
        """Tell the shop, and record what it has heard. False if the shop no longer has the order."""
        heard = self.tell(record, now)
        if heard and not (record.is_told and heard == record.reports.get(job.subject.source)):
            self.ledger.runs.note_report(job, job.subject.source, heard)
        return heard != GONE

    def report_if_possible(self, job: Job, record: SubjectRecord, now: datetime) -> None:
        """The same where the ledger's record is what matters: if it fails, a sweep tells the shop later."""
        try:
            self.report(job, record, now)
        except Exception as error:  # AWS may refuse what the report needs
            note_unheard(error)

    def tell(self, record: SubjectRecord, now: datetime) -> str:
        """Tell the shop, unless it was told the same last. Returns a digest of what it has heard.

        It is `GONE` if the shop no longer has the order, and empty if it is told nothing, such as of an order that has
        never had to do with the books.
        """
        if self.is_silent:
            return ""
        subject = record.subject
        last_report = record.reports.get(subject.source, "")
        entries = self.ledger.documents.of(subject)
        if entries.first_of(OWN_INVOICE) is None and not last_report and record.state in _NOTHING_TO_TELL:
            return ""
        shop = self.audiences(subject.source)
        report = _report(record, entries)
        digest = shop.digest(report)
        if digest == last_report:
            return digest
        if not shop.report(subject.id, report, now):
            return GONE
        count(Metric.STATUSES_REPORTED)
        note(LogCode.STATUS_REPORTED, state=record.state)
        return digest


def report_status(job: Job, *, runs: Runs, reporter: Reporter, slots: Slots, now: datetime) -> bool:
    """Report to the order's shop, and release the order. True if the run must go round again instead.

    An order that was parked at this step returns to the state that it had before.
    """
    record = runs.begin_step(job)
    if record.state == PARKED and record.parking.previous_state:
        runs.set_state(job, record.parking.previous_state, now)
        record = runs.record(job.subject)
    try:
        is_heard = reporter.report(job, record, now)
    except HeldBackError:
        raise
    except (RetryableError, OutcomeUnknownError):
        count(Metric.REPORTS_FAILED)
        raise
    if not is_heard and record.state != ABANDONED:
        raise PermanentError(
            "ORDER_NOT_IN_SITECORE",
            f"Sitecore no longer has the order {job.subject.id}, so it cannot be told that it is {record.state}. "
            "Abandon the order here.",
        )
    if not runs.end_run(job):
        return True
    slots.release(job.subject)
    return False


def note_unheard(error: Exception) -> None:
    """A shop could not be told: the next sweep tries again."""
    count(Metric.REPORTS_FAILED)
    note(LogCode.REPORT_FAILED, reason=error.code if isinstance(error, BridgeError) else type(error).__name__)


def _report(record: SubjectRecord, entries: Entries) -> Report:
    invoice = entries.first_of(OWN_INVOICE)
    standing = invoice.standing if invoice else None
    credit_notes = [one.standing.number for one in entries.of_kind(CREDIT_NOTE) if one.standing]
    parking = record.parking if record.state == PARKED else Parking()
    return Report(
        order_id=record.subject.id,
        state=OrderState(record.state),
        invoice_number=standing.number if standing else None,
        invoice_id=standing.internal_id if standing else None,
        customer_code=invoice.customer_code if invoice and standing else None,
        credit_notes=len(credit_notes),
        latest_credit_note=max(credit_notes, default=None),
        further_invoices=sum(
            one.kind in _FURTHER and one.standing is not None and one is not invoice for one in entries
        ),
        balance=_balance(entries),
        error=parking.code or None,
        reason=parking.reason or None,
    )


def _balance(entries: Entries) -> Balance | None:
    """What its documents come to; credit notes are negative. None while none of them stands."""
    figures = [one.figures for one in entries if one.kind in CHARGES and one.standing]
    if not figures:
        return None
    charged = sum((one.gross for one in figures), ZERO)
    return Balance(figures[0].currency, charged, paid=sum(entries.receipts().values(), ZERO))
