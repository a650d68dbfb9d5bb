"""`make backlog`: what a burst of orders costs beside calm ones, how fast it is served, and whom it holds up."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import simplejson

from sitecore_kashflow.usecases.sweep_orders import begin_backfill
from tests.simulation.conditions import Conditions
from tests.simulation.drive import Day, Report, play
from tests.simulation.environment import ENVIRONMENT
from tests.simulation.scheduler import START
from tests.simulation.world import World

CALLS_PER_SECOND, PARALLEL_CALLS = 5, 4
LINES = Conditions(outside_seconds=0.3, aws_seconds=0.006)
_POST_INVOICE = "/v2/invoices"
_CALM_EVERY_SECONDS = 30
_MEMORY_GB, _STATES_OF_A_RUN = 0.5, 9
PRICES = {
    "a write to DynamoDB": 0.705e-6,
    "a read from DynamoDB": 0.141e-6,
    "a request to SQS": 0.40e-6,
    "a state of the workflow": 25e-6,
    "a call of a function": 0.20e-6,
    "a second of a function": _MEMORY_GB * 13.3334e-6,
}
"""In dollars, on demand, eu-west-2, arm64, November 2026; the first tier, and nothing free."""


@dataclass
class Meter:
    """Counts what a world asks of AWS and of KashFlow, and when each invoice was posted."""

    world: World | None = None
    aws: Counter[str] = field(default_factory=Counter)
    began: list[datetime] = field(default_factory=list)
    posted: dict[str, datetime] = field(default_factory=dict)

    def __call__(self, world: World) -> None:
        self.world = world
        of_aws, lines = world.aws_lines.call, world._lines
        through: Callable[[httpx.Request], httpx.Response] = lines.handle_request

        def counted(site: str, *more: Any, **outcomes: Any) -> Any:
            self.aws[site] += 1
            return of_aws(site, *more, **outcomes)

        def watched(request: httpx.Request) -> httpx.Response:
            if request.url.host == "kashflow":
                self.began.append(world.clock())
                if request.method == "POST" and request.url.path == _POST_INVOICE:
                    reference = simplejson.loads(request.content)["CustomerReference"]
                    self.posted.setdefault(reference, world.clock())
            return through(request)

        world.aws_lines.call = counted  # type: ignore[method-assign]
        lines.handle_request = watched  # type: ignore[method-assign]

    @property
    def share(self) -> float:
        """How much of the budget was used until nine tenths of the calls had begun."""
        began = sorted(self.began)
        many = int(len(began) * 0.9)
        return many / CALLS_PER_SECOND / (began[many - 1] - began[0]).total_seconds()

    def dollars(self, orders: int) -> float:
        """What an order costs of AWS, by list prices."""
        world = self.world
        assert world is not None
        ledger = [(site, times) for site, times in self.aws.items() if site.startswith(("ledger", "hints"))]
        reads = sum(times for site, times in ledger if " GetItem" in site or " Query" in site)
        writes = sum(times * (4 if "Transact" in site else 1) for site, times in ledger) - reads
        used = {
            "a write to DynamoDB": writes,
            "a read from DynamoDB": reads,
            "a request to SQS": 3 * sum(times for site, times in self.aws.items() if site.startswith("queue Send")),
            "a state of the workflow": len(world.workflows.executions) * _STATES_OF_A_RUN + self._retries(),
            "a call of a function": world.functions.calls.total(),
            "a second of a function": world.functions.busy_seconds,
        }
        return sum(PRICES[name] * times for name, times in used.items()) / orders

    def _retries(self) -> int:
        assert self.world is not None
        steps = self.world.functions.calls
        return max(0, steps["create_invoice"] - len(self.posted))


@dataclass(frozen=True)
class Row:
    """One figure of the table, and what it should be."""

    name: str
    calm: str
    backlog: str
    goal: str
    is_met: bool


def played(orders: int, seconds_between: float) -> tuple[Report, Meter]:
    meter = Meter()
    day = Day(orders, places_at=lambda number: number * seconds_between, conditions=LINES)
    return play(1, day, before=meter), meter


def live_in_backfill(orders: int) -> tuple[Report, timedelta]:
    """A live order in the middle of a backfill; how long after it was placed its invoice was posted."""
    meter, a_week = Meter(), timedelta(days=7)
    middle = a_week + timedelta(seconds=orders / 4)

    def past(world: World) -> None:
        meter(world)
        announced = world.announce

        def only_new_ones() -> None:
            if world.clock() < START + a_week:
                world.ordercloud.outbox.clear()
            announced()

        world.announce = only_new_ones  # type: ignore[method-assign]
        began, until = START - timedelta(days=1), START + timedelta(days=1)
        begin_backfill("ordercloud", began, until, cursors=world.container().cursors, now=START)
        world.plan(a_week.total_seconds(), world.sweep)

    def places_at(number: int) -> float:
        return number / 10 if number < orders else middle.total_seconds()

    report = play(1, Day(orders + 1, places_at=places_at, conditions=LINES), before=past)
    return report, meter.posted[f"SO-{orders}"] - START - middle


def rows(orders: int) -> list[Row]:
    calm_day, calm = played(max(20, orders // 10), _CALM_EVERY_SECONDS)
    day, backlog = played(orders, 0.001)
    past, waited = live_in_backfill(orders)
    assert calm.world is not None
    assert backlog.world is not None
    functions, of_calm = backlog.world.functions, calm.world.functions
    calls = calm.aws.total() / calm_day.orders, backlog.aws.total() / orders
    dollars = calm.dollars(calm_day.orders), backlog.dollars(orders)
    wrong = len(day.violations + calm_day.violations + past.violations)
    return [
        Row("share of the budget in use", "", f"{backlog.share:.0%}", "95 % at least", backlog.share >= 0.95),
        Row(
            "functions at once",
            f"{of_calm.most_busy}",
            f"{functions.most_busy}",
            "20 at most",
            functions.most_busy <= 20,
        ),
        Row(
            "busy seconds an order",
            f"{of_calm.busy_seconds / calm_day.orders:.1f}",
            f"{functions.busy_seconds / orders:.1f}",
            "",
            True,
        ),
        Row("calls to AWS an order", f"{calls[0]:.1f}", f"{calls[1]:.1f}", "1.2 x calm", calls[1] <= 1.2 * calls[0]),
        Row(
            "dollars for a million orders",
            f"{dollars[0] * 1e6:.0f}",
            f"{dollars[1] * 1e6:.0f}",
            "1.2 x calm",
            dollars[1] <= 1.2 * dollars[0],
        ),
        Row("a live order in a backfill", "", f"{waited.total_seconds():.0f} s", "30 s", waited.total_seconds() <= 30),
        Row("violations", "", str(wrong), "0", wrong == 0),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="backlog")
    parser.add_argument("--orders", type=int, default=600)
    options = parser.parse_args()
    budget = {"KASHFLOW_CALLS_PER_SECOND": str(CALLS_PER_SECOND), "KASHFLOW_PARALLEL_CALLS": str(PARALLEL_CALLS)}
    os.environ.update(ENVIRONMENT | budget)
    table = rows(options.orders)
    print(f"{'':32}{'calm':>10}{'backlog':>10}  goal")
    for row in table:
        print(f"{row.name:32}{row.calm:>10}{row.backlog:>10}  {row.goal}{'' if row.is_met else '  MISSED'}")
    print(f"{options.orders} orders at once; {CALLS_PER_SECOND} calls a second, 0.3 s a call outside, 6 ms inside")
    print("prices in dollars: " + "; ".join(f"{name} {price:.3g}" for name, price in PRICES.items()))
    return 0 if all(row.is_met for row in table) else 1


if __name__ == "__main__":
    sys.exit(main())
