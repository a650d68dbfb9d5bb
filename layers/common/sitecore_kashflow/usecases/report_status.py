"""Step 5: the order in Sitecore says what became of it; then the run lets the order go."""

from dataclasses import dataclass
from datetime import datetime

from ..canonical.kinds import INVOICE
from ..canonical.report import Report
from ..canonical.states import OrderState
from ..documents.entry import Entry
from ..documents.ledger import Ledger
from ..observability import LogCode, Metric, count, note
from ..runs.records import PARKED, Job, SubjectRecord
from ..runs.runs import Runs
from ..shops.shop import Audiences


@dataclass(frozen=True)
class Reporter:
    """Tells shops what became of their orders, unless they have been told the same."""

    ledger: Ledger
    audiences: Audiences

    def tell(self, job: Job, record: SubjectRecord, now: datetime) -> None:
        """Orders that have nothing to do with the books are not touched."""
        source = job.subject.source
        told = record.reports.get(source)
        invoice = self.ledger.documents.of(job.subject).the_only(INVOICE)
        if invoice is None and not told and record.state in (OrderState.WAITING, OrderState.CANCELLED):
            return
        shop = self.audiences(source)
        report = _report(record, invoice)
        digest = shop.digest(report)
        if digest == told:
            return
        shop.report(job.subject.id, report, now)
        self.ledger.runs.note_report(job, source, digest)
        count(Metric.STATUSES_REPORTED)
        note(LogCode.STATUS_REPORTED, state=record.state)


def report_status(job: Job, *, runs: Runs, reporter: Reporter, now: datetime) -> bool:
    """Tell the order's shop. True if the run must go round again.

    An order that was parked at this very step is told what it was before.
    """
    record = runs.begin_step(job)
    if record.state == PARKED and record.parking.previous_state:
        runs.set_state(job, record.parking.previous_state, now)
        record = runs.record(job.subject)
    reporter.tell(job, record, now)
    return not runs.end_run(job)


def _report(record: SubjectRecord, invoice: Entry | None) -> Report:
    standing = invoice.standing if invoice else None
    return Report(
        state=OrderState(record.state),
        invoice_number=standing.number if standing else None,
        invoice_id=standing.internal_id if standing else None,
        customer_code=invoice.customer_code if invoice and standing else None,
        error=record.parking.code or None,
    )
