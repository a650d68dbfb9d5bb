"""`reconcile`: the shop's orders and the ledger's documents against all documents and receipts in KashFlow."""

from argparse import Namespace
from collections.abc import Iterator
from datetime import date, timedelta

from ...canonical.days import books_date
from ...errors import PermanentError, RetryableError
from ...reconciliation.figures import agreement_of
from ...reconciliation.progress import Pass, Stage
from ...reconciliation.values import Agreement, Period
from ...usecases.gather_sides import gather
from ...usecases.reconcile_books import keep, month_of
from ..desk import Desk
from ..reconcile_values import DifferenceShown, ReconcileReport

_WORDS = {
    Stage.LEDGER: "Reading the ledger",
    Stage.SHOP: "Reading the shop's list of orders",
    Stage.LIST: "Reading KashFlow's list of invoices",
    Stage.BANK: "Reading KashFlow's bank accounts",
    Stage.PROOF: "Reading again what looks wrong",
}
_MOST_FAILURES, _PAUSE_SECONDS = 30, 10
"""How often in a row a system may cut it short, and how long is waited each time."""


def reconcile(asked: Namespace, desk: Desk) -> ReconcileReport:
    """Compare the days that were asked for; without days, what was last found for this month."""
    if asked.from_day is None or asked.to_day is None:
        return report(_last(desk))
    return report(compared(Period(asked.from_day, asked.to_day), desk, is_thorough=asked.thorough))


def compared(period: Period, desk: Desk, *, is_thorough: bool = False) -> Agreement:
    """Both sides of some days, read now. What a whole month, or its beginning, comes to is kept for the schedule."""
    wiring = desk.wiring
    if period.first > period.last:
        raise PermanentError("DAYS_WRONG", f"There is no day from {period.first} to {period.last}. Turn them round.")
    rules, now = wiring.rules_source(), wiring.clock()
    gathered = Pass(period, now, rules.orders.home_currency, is_thorough=is_thorough)
    for _ in desk.person.follow(_stages(gathered, desk)):
        pass
    if period.first.day == 1 and month_of(period.first) == month_of(period.last):
        return keep(gathered, wiring.reconciliation_store, wiring.closings, wiring.clock())
    return agreement_of(gathered, wiring.clock())


def _stages(gathered: Pass, desk: Desk) -> Iterator[str]:
    """Go on until all is compared, and say what is read, a page at a time."""
    wiring = desk.wiring
    sides, rules, failures = wiring.both_sides, wiring.rules_source(), 0
    wiring.is_background = True  # orders go first
    while gathered.stage is not Stage.DONE:
        yield f"{_WORDS[gathered.stage]} ..."
        once = iter((True,))
        try:
            gather(gathered, sides, rules, lambda once=once: next(once, False))  # type: ignore[misc]
            failures = 0
        except RetryableError:
            failures += 1
            if failures > _MOST_FAILURES:
                raise
            wiring.sleep(_PAUSE_SECONDS)


def _last(desk: Desk) -> Agreement:
    store, today = desk.wiring.reconciliation_store, books_date(desk.wiring.clock())
    found: Agreement | None = store.last(month_of(today)) or store.last(month_of(_month_before(today)))
    if found is None:
        raise PermanentError(
            "NOT_COMPARED",
            "The books were not compared yet. The schedule does it every day; --from and --to do it now.",
        )
    return found


def _month_before(day: date) -> date:
    return day.replace(day=1) - timedelta(days=1)


def report(found: Agreement) -> ReconcileReport:
    """An agreement as the command shows it."""
    return ReconcileReport(
        first=found.period.first,
        last=found.period.last,
        compared_at=found.finished_at,
        currency=found.currency,
        by_ledger=found.by_ledger,
        by_books=found.by_books,
        unexplained=len(found.unexplained),
        differences=tuple(DifferenceShown.of(one) for one in found.differences),
    )
