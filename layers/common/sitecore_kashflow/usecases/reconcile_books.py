"""Compares all orders of a month with all documents in KashFlow, both ways, to the penny (docs/month-end.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ..canonical.clock import Clock
from ..canonical.days import books_date
from ..errors import RetryableError
from ..observability import LogCode, Metric, count, note
from ..reconciliation.closing_store import ClosingStore
from ..reconciliation.figures import agreement_of
from ..reconciliation.month import with_closing
from ..reconciliation.progress import Pass, Stage
from ..reconciliation.store import ReconciliationStore
from ..reconciliation.values import Agreement, Period
from ..rules.model import Rules
from .both_sides import BothSides
from .gather_sides import gather

WORK_FOR = timedelta(minutes=7)
_ONE_DAY = timedelta(days=1)
_EVERY = timedelta(hours=20)
_LATE_AFTER = timedelta(days=2)


@dataclass(frozen=True)
class Reconciled:
    """What one call came to: how far the pass has got, and the differences that nothing explains, by month."""

    stage: str
    unexplained: Mapping[str, int]


def month_of(day: date) -> str:
    """`2026-11`."""
    return f"{day:%Y-%m}"


def whole_month(day: date) -> Period:
    """The month in which a day lies."""
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - _ONE_DAY)


def reconcile_books(
    *,
    both_sides: BothSides,
    reconciliation_store: ReconciliationStore,
    closings: ClosingStore,
    rules: Rules,
    clock: Clock,
) -> Reconciled:
    """Go on with the comparison that is under way, or begin the next one that is due.

    Any call may cut it short (`RetryableError`). What was gathered is kept, and the next call goes on from there.
    """
    began, store = clock(), reconciliation_store
    gathered = store.under_way()
    if gathered is None or gathered.stage is Stage.DONE:
        period = _due(store, began)
        revision = gathered.revision if gathered else 0
        gathered = Pass(period, began, rules.orders.home_currency, revision=revision) if period else None
        if gathered is not None:
            gathered.heard_from = store.began(began)
    if gathered is not None:
        _go_on(gathered, both_sides, rules, began)
        if gathered.stage is Stage.DONE:
            keep(gathered, store, closings, clock())
        store.save(gathered, clock())
    return _counted(store, gathered, began)


def keep(gathered: Pass, store: ReconciliationStore, closings: ClosingStore, now: datetime) -> Agreement:
    """Keep what a pass through a month, or its beginning, came to; it says so if the month was closed otherwise."""
    found = agreement_of(gathered, now)
    month = month_of(found.period.first)
    found = with_closing(found, closings.closing(month))
    store.keep(month, found, now)
    return found


def _go_on(gathered: Pass, sides: BothSides, rules: Rules, began: datetime) -> None:
    try:
        gather(gathered, sides, rules, lambda: sides.clock() < began + WORK_FOR)
    except RetryableError as cut:
        note(LogCode.RECONCILIATION_CUT_SHORT, reason=cut.code, stage=gathered.stage)


def _due(store: ReconciliationStore, now: datetime) -> Period | None:
    """The month before, or the month up to yesterday; None if both were compared within a day."""
    for period in _periods(now):
        last = store.last(month_of(period.first))
        if last is None or last.finished_at < now - _EVERY or last.period.last < period.last - _ONE_DAY:
            return period
    return None


def _periods(now: datetime) -> list[Period]:
    today = books_date(now)
    before = whole_month(today.replace(day=1) - _ONE_DAY)
    return [before] if today.day == 1 else [before, Period(today.replace(day=1), today - _ONE_DAY)]


def _counted(store: ReconciliationStore, gathered: Pass | None, now: datetime) -> Reconciled:
    months = [month_of(one.first) for one in _periods(now)]
    found = {month: last for month in months if (last := store.last(month)) is not None}
    unexplained = {month: len(one.unexplained) for month, one in found.items()}
    done = [one.finished_at for one in found.values()] or [gathered.began_at if gathered else now]
    is_late = now - max(done) > _LATE_AFTER
    count(Metric.BOOKS_DIFFER, sum(unexplained.values()))
    count(Metric.RECONCILIATION_LATE, int(is_late))
    stage = gathered.stage if gathered else Stage.DONE
    note(LogCode.RECONCILIATION_DONE, stage=stage, unexplained=sum(unexplained.values()), late=is_late)
    return Reconciled(str(stage), unexplained)
