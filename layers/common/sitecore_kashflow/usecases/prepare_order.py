"""Step 1: read the order, map it, check its sums, and plan what the books still need."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from ..canonical.keys import customer_code
from ..canonical.order import Order, OrderStanding
from ..canonical.posting_mode import PostingMode
from ..canonical.states import OrderState
from ..documents.entry import Entries
from ..documents.ledger import Ledger
from ..errors import PermanentError
from ..observability import LogCode, Metric, count, note
from ..plan.conditional import require_approval
from ..plan.effects import Plan, Report
from ..plan.order_plan import has_documents_when_called_off, left_out, plan_order, plan_order_not_due
from ..rules.model import Rules
from ..rules.verdict import verdict_on
from ..runs.records import ABANDONED, Job, SubjectRecord, Undone
from ..shops.shop import Reading, Shops
from .hold import note_left_out, require_approved
from .posting import order_as_planned, packed_order

if TYPE_CHECKING:
    from .enrich_order import Enricher

OSS_YEARS = 10
"""So long the records of a sale are kept under One Stop Shop (article 369k of directive 2006/112/EC)."""
_OVERWRITTEN = "overwritten"
"""Stands for a report that somebody has overwritten in the shop, so that it is sent again."""


class Next(StrEnum):
    """The next state of the workflow."""

    ENSURE_CUSTOMER = "EnsureCustomer"
    SETTLE_INVOICE = "SettleInvoice"
    REPORT_STATUS = "ReportStatus"


@dataclass(frozen=True)
class ReadingDesk:
    """Where orders are read and planned: the ledger, the shops, and which orders are posted.

    `enricher` gives what asks a function of the shop's own about them, by its ARN.
    """

    ledger: Ledger
    shops: Shops
    mode: PostingMode
    enricher: "Callable[[str], Enricher]"

    def enriching(self, function: str, record: SubjectRecord, entries: Entries) -> Callable[[Order], Order]:
        """What adds to an order what the shop's own function says; without one it stays as it is.

        What is posted keeps the answer that it was posted with, though no function is named any more.
        """
        asked = function or asked_for(entries)
        if not asked:
            return lambda order: order
        enricher = self.enricher(asked)
        return lambda order: enricher.enriched(order, record, is_posted=bool(entries.posted()))


def prepare_order(job: Job, function: str = "", *, reading_desk: ReadingDesk, rules: Rules, now: datetime) -> Next:
    """Compare what the books should hold with what the ledger says they hold; the difference is the plan.

    `function` is the ARN of the shop's own, which adds to orders what only the shop knows; empty for none.
    Raises `PermanentError` for what a person must decide, with a reason that a bookkeeper understands. In shadow mode
    nobody is asked: the reason is kept with the order.
    """
    runs, mode = reading_desk.ledger.runs, reading_desk.mode
    record = runs.begin_step(job)
    entries = reading_desk.ledger.documents.of(job.subject)
    if record.state == ABANDONED:
        runs.note_served(job, record.events)
        return Next.SETTLE_INVOICE if entries.in_doubt() else Next.REPORT_STATUS
    enriched = as_decided(record.undone, reading_desk.enriching(function, record, entries))
    try:
        reading = _read(record, entries, reading_desk.shops)
        plan, order = _plan(reading, entries, rules, enriched)
        if order:
            preparing = _Preparing(job, record, entries, reading_desk, rules)
            if plan.makes_invoice and not entries.posted():
                preparing.ask_for_approval(order)
            order = preparing.with_its_customer(order)
    except PermanentError as error:
        if not mode.is_shadow or entries.posted():
            raise
        runs.commit_plan(job, OrderState.SHADOWED, now=now, served=record.events)
        runs.note_reason(job, error)
        _note_shadowed(error.code)
        return Next.REPORT_STATUS
    told = record.reports.get(job.subject.source)
    if reading and told and reading.reported not in (None, told):
        runs.note_report(job, job.subject.source, _OVERWRITTEN)
    is_left_alone = not _is_posted(order, job, record, mode) if order else bool(plan.awaits) and mode.is_shadow
    if is_left_alone and not entries.posted():
        plan = plan.in_shadow
        _note_shadowed()
    if order and plan.state == OrderState.WAITING:
        _note_not_due(order.status)
    if plan.awaits or record.awaits.words:
        runs.note_awaits(job, plan.awaits, now)
    snapshot = packed_order(order) if order else None
    keeping = runs.keeping(OSS_YEARS if rules.vat.oss.scheme else 0)
    keeping.commit_plan(job, plan.state, served=record.events, now=now, snapshot=snapshot)
    note_left_out(job, plan, runs)
    return next_step(plan)


@dataclass(frozen=True)
class _Preparing:
    """What is known of an order that is due."""

    job: Job
    record: SubjectRecord
    entries: Entries
    desk: ReadingDesk
    rules: Rules

    def ask_for_approval(self, order: Order) -> None:
        """Raise `PermanentError` if rules hold the order; in shadow mode nobody is asked."""
        mode = self.desk.mode
        if mode.is_shadow:
            require_approval(order, verdict_on(order, self.rules.conditional), self.record.approvals)
        elif _is_posted(order, self.job, self.record, mode):
            require_approved(self.job, self.record, order, runs=self.desk.ledger.runs, rules=self.rules)

    def with_its_customer(self, order: Order) -> Order:
        """An order that has a document in the books, or may have, keeps its customer: it is looked for there.

        Each plan keeps the customer of the one before. It is read only if the document is for another than this one.
        """
        codes = {one.customer_code for one in self.entries.posted()}
        own = customer_code(self.rules.customers.code_prefix, order.customer.key)
        if codes <= {own} or not self.record.snapshot:
            return order
        before = order_as_planned(self.record, self.desk.ledger.runs).customer
        return order if before.key == order.customer.key else order.model_copy(update={"customer": before})


def _read(record: SubjectRecord, entries: Entries, shops: Shops) -> Reading | None:
    """The order with this very id, or None. Having none is no trouble unless it was once due, or was told of.

    Events name orders that are not the seller's, such as those sent to suppliers, and carts under an earlier id.
    """
    subject = record.subject
    reading = shops(subject.source).read(subject.id)
    if reading is not None and reading.id == subject.id:
        return reading
    if record.snapshot or record.reports or entries.posted():
        raise PermanentError("ORDER_NOT_IN_SITECORE", f"Sitecore has no order {subject.id} (or no longer has it).")
    return None


def _plan(
    reading: Reading | None, entries: Entries, rules: Rules, enriched: Callable[[Order], Order]
) -> tuple[Plan, Order | None]:
    """The plan, and the order if it is due."""
    if reading is None:
        count(Metric.EVENTS_IGNORED)
        note(LogCode.ORDER_UNKNOWN)
        return Plan((Report(OrderState.UNKNOWN),)), None
    if reading.standing(rules.orders) is OrderStanding.DUE:
        _require_not_invoiced_elsewhere(reading, entries)
    plan, order = plan_for(reading, entries, rules, enriched)
    if order is None:
        _note_not_due(reading.status)
    return plan, order


def asked_for(entries: Entries) -> str:
    """The function that has set something in an order of which something is posted; empty if none has."""
    return next((one.enriched_by for one in entries.posted() if one.enriched_by), "")


def as_decided(undone: Undone, enriched: Callable[[Order], Order]) -> Callable[[Order], Order]:
    """What adds to an order also that a person has undone it, or then decided that it is posted again."""
    if not undone.at and not undone.redone_at:
        return enriched
    if undone.at:
        return lambda order: enriched(order).model_copy(update={"undone_at": datetime.fromisoformat(undone.at)})
    since = datetime.fromisoformat(undone.redone_at)

    def as_redone(order: Order) -> Order:
        order = enriched(order)
        return order.model_copy(update={"changed_at": max(order.changed_at or since, since)})

    return as_redone


def plan_for(
    reading: Reading, entries: Entries, rules: Rules, enriched: Callable[[Order], Order]
) -> tuple[Plan, Order | None]:
    """The plan for an order as it was read; and the order, if the books are to hold anything for it.

    Of a cancelled one that has no documents the shop is asked for the money that came in and went back.
    """
    standing = reading.standing(rules.orders)
    if standing is OrderStanding.NOT_DUE:
        return plan_order_not_due(reading.status, standing, entries), None
    if standing is OrderStanding.CANCELLED and not entries.posted():
        money = reading.money(rules)
        order = reading.order(rules) if money.was_given_back else None
        if order is None or not has_documents_when_called_off(order, rules):
            return plan_order_not_due(reading.status, standing, entries, money.held), None
    else:
        order = reading.order(rules)
    if not left_out(order, entries, rules):
        order = enriched(order)
    return plan_order(order, entries, rules), order


def _is_posted(order: Order, job: Job, record: SubjectRecord, mode: PostingMode) -> bool:
    was_shadowed = record.state == OrderState.SHADOWED
    return mode.posts(order.placed_at, is_asked_for=job.is_asked_for, was_shadowed=was_shadowed)


def _note_not_due(status: str) -> None:
    count(Metric.ORDERS_WAITING)
    note(LogCode.ORDER_NOT_DUE, status=status)


def _note_shadowed(code: str = "") -> None:
    count(Metric.ORDERS_SHADOWED)
    note(LogCode.ORDER_SHADOWED, reason=code)


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
