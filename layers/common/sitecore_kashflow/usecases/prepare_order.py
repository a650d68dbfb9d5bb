"""Step 1: read the order, map it, check its sums, and plan what the books still need."""

from datetime import datetime
from enum import StrEnum

from ..canonical.order import OrderStanding
from ..documents.ledger import Ledger
from ..errors import PermanentError
from ..observability import LogCode, Metric, count, note
from ..plan.effects import Plan
from ..plan.order_plan import plan_order, plan_order_not_due
from ..rules.model import Rules
from ..runs.records import ABANDONED, Job
from ..shops.shop import Shops
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
    if reading is None:
        raise PermanentError("ORDER_NOT_IN_SITECORE", f"Sitecore has no order {job.subject.id} (or no longer has it).")
    told = record.reports.get(job.subject.source)
    if told and reading.reported not in (None, told):
        runs.note_report(job, job.subject.source, _OVERWRITTEN)
    standing = reading.standing(rules.orders)
    if standing is OrderStanding.DUE:
        order = reading.order(rules)
        plan, snapshot = plan_order(order, entries, rules), packed_order(order)
    else:
        plan, snapshot = plan_order_not_due(reading.status, standing, entries), None
        count(Metric.ORDERS_WAITING)
        note(LogCode.ORDER_NOT_DUE, status=reading.status)
    runs.commit_plan(job, plan.state, served=record.events, now=now, snapshot=snapshot)
    return next_step(plan)


def next_step(plan: Plan) -> Next:
    """The next state for a plan: steps that have nothing to do are left out."""
    if plan.makes_invoice:
        return Next.ENSURE_CUSTOMER
    return Next.SETTLE_INVOICE if plan.after_invoice() else Next.REPORT_STATUS
