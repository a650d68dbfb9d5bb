"""Step 1: read the order, map it, check its sums, and plan what the books still need."""

from datetime import datetime
from enum import StrEnum

from ..canonical.order import OrderStanding
from ..canonical.states import OrderState
from ..documents.entry import Entries
from ..documents.ledger import Ledger
from ..errors import PermanentError
from ..observability import LogCode, Metric, count, note
from ..plan.effects import Plan
from ..plan.order_plan import plan_order, plan_order_not_due
from ..rules.model import Rules
from ..runs.records import ABANDONED, Job, SubjectRecord
from ..runs.runs import Runs
from ..shops.shop import Reading, Shops
from .posting import packed_order

_OVERWRITTEN = "overwritten"
"""Stands for a report that somebody has overwritten in the shop, so that it is sent again."""


class Next(StrEnum):
    """The next state of the workflow."""

    ENSURE_CUSTOMER = "EnsureCustomer"
    SETTLE_INVOICE = "SettleInvoice"
    REPORT_STATUS = "ReportStatus"


def prepare_order(job: Job, *, ledger: Ledger, shops: Shops, rules: Rules, now: datetime) -> Next:
    """Compare what the books should hold with what the ledger says they hold; the difference is the plan.

    Raises `PermanentError` for what a person must decide, with a reason that a bookkeeper understands.
    """
    runs = ledger.runs
    record = runs.begin_step(job)
    entries = ledger.documents.of(job.subject)
    if record.state == ABANDONED:
        runs.note_served(job, record.events)
        return Next.SETTLE_INVOICE if entries.in_doubt() else Next.REPORT_STATUS
    reading = shops(job.subject.source).read(job.subject.id)
    if reading is None or reading.id != job.subject.id:
        return _let_go(job, record, entries, runs, now)
    told = record.reports.get(job.subject.source)
    if told and reading.reported not in (None, told):
        runs.note_report(job, job.subject.source, _OVERWRITTEN)
    standing = reading.standing(rules.orders)
    if standing is OrderStanding.DUE:
        _require_not_invoiced_elsewhere(reading, entries)
        order = reading.order(rules)
        plan, snapshot = plan_order(order, entries, rules), packed_order(order)
    else:
        plan, snapshot = plan_order_not_due(reading.status, standing, entries), None
        count(Metric.ORDERS_WAITING)
        note(LogCode.ORDER_NOT_DUE, status=reading.status)
    runs.commit_plan(job, plan.state, served=record.events, now=now, snapshot=snapshot)
    return next_step(plan)


def _let_go(job: Job, record: SubjectRecord, entries: Entries, runs: Runs, now: datetime) -> Next:
    """Sitecore has no order with this very id. That is no trouble unless the order was once due, or was told of.

    Events name orders that are not the seller's, such as those sent to suppliers, and carts under an earlier id.
    """
    if record.snapshot or record.reports or entries.posted():
        raise PermanentError("ORDER_NOT_IN_SITECORE", f"Sitecore has no order {job.subject.id} (or no longer has it).")
    count(Metric.EVENTS_IGNORED)
    note(LogCode.ORDER_UNKNOWN)
    runs.commit_plan(job, OrderState.UNKNOWN, served=record.events, now=now)
    return Next.REPORT_STATUS


def _require_not_invoiced_elsewhere(reading: Reading, entries: Entries) -> None:
    """Raise `PermanentError` for an order that was invoiced under another id, and would be invoiced again."""
    if reading.invoiced_as and not entries.posted():
        raise PermanentError(
            "INVOICED_UNDER_ANOTHER_ID",
            f"The order says that it has invoice {reading.invoiced_as}, which was made for another order id. If it is "
            "the same sale, abandon the order here; if `xp.KashFlow` was copied from another order, remove it in "
            "Sitecore, then resume with the order read afresh.",
        )


def next_step(plan: Plan) -> Next:
    """The next state for a plan: steps that have nothing to do are left out."""
    if plan.makes_invoice:
        return Next.ENSURE_CUSTOMER
    return Next.SETTLE_INVOICE if plan.after_invoice() else Next.REPORT_STATUS
