"""Step 5: the order in Sitecore says what became of it; then the run lets the order go."""

from datetime import datetime

from ..canonical.states import OrderState
from ..observability import Metric, count, note
from ..runs.ledger import Ledger
from ..runs.records import InvoiceEntry, Job, OrderRecord
from ..shops.ordercloud.client import OrdercloudClient
from ..shops.ordercloud.report import order_patch, report_mark, sync_report


def report_status(job: Job, *, ledger: Ledger, shop: OrdercloudClient, now: datetime) -> bool:
    """Tell Sitecore, unless it has been told the same. True if the run must go round again.

    An order that was parked at this very step is told what it was before.
    """
    record = ledger.begin_step(job)
    if record.state is OrderState.PARKED and record.parked_from is not None:
        ledger.set_state(job, record.parked_from, now)
        record = ledger.order(job.order_key)
    tell_shop(job, record, ledger, shop, now)
    return not ledger.end_run(job)


def tell_shop(job: Job, record: OrderRecord, ledger: Ledger, shop: OrdercloudClient, now: datetime) -> None:
    """Write `xp.KashFlow` of the order. Orders that have nothing to do with the books are not touched."""
    invoice = ledger.invoice(job.order_key)
    if invoice is None and not record.report_mark and record.state in (OrderState.WAITING, OrderState.CANCELLED):
        return
    report = _report(record, invoice)
    mark = report_mark(report)
    if mark == record.report_mark:
        return
    shop.patch_order(job.order_id, order_patch(report, now))
    ledger.note_report(job, mark)
    count(Metric.STATUSES_REPORTED)
    note("REPORT100", state=record.state)


def _report(record: OrderRecord, invoice: InvoiceEntry | None) -> dict[str, object]:
    return sync_report(
        record.state,
        invoice_number=invoice.number if invoice else None,
        invoice_id=invoice.invoice_id if invoice else None,
        customer_code=invoice.customer_code if invoice and invoice.number else None,
        error=record.reason_code or None,
    )
