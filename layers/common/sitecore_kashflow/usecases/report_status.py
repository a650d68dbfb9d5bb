"""Step 5: write on the order in Sitecore what became of it, then release the order."""

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
    """Reports to shops what became of their orders, unless the last report said the same."""

    ledger: Ledger
    audiences: Audiences

    def report(self, job: Job, record: SubjectRecord, now: datetime) -> None:
        """Write the report, unless the order has never had anything to do with the books."""
        source = job.subject.source
        last_report = record.reports.get(source)
        invoice = self.ledger.documents.of(job.subject).the_only(INVOICE)
        if invoice is None and not last_report and record.state in (OrderState.WAITING, OrderState.CANCELLED):
            return
        shop = self.audiences(source)
        report = _report(record, invoice)
        digest = shop.digest(report)
        if digest == last_report:
            return
        shop.report(job.subject.id, report, now)
        self.ledger.runs.note_report(job, source, digest)
        count(Metric.STATUSES_REPORTED)
        note(LogCode.STATUS_REPORTED, state=record.state)


def report_status(job: Job, *, runs: Runs, reporter: Reporter, now: datetime) -> bool:
    """Report to the order's shop, and release the order. True if the run must go round again instead.

    An order that was parked at this step returns to the state that it had before.
    """
    record = runs.begin_step(job)
    if record.state == PARKED and record.parking.previous_state:
        runs.set_state(job, record.parking.previous_state, now)
        record = runs.record(job.subject)
    reporter.report(job, record, now)
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
