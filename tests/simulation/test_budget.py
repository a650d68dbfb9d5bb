"""The call budget under a burst, a backfill, a pause and an outage: never exceeded, and used while anybody waits."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import simplejson

from sitecore_kashflow.observability import metrics
from sitecore_kashflow.usecases.sweep_orders import begin_backfill
from tests.drill.stack import Stack
from tests.simulation.drive import Day, play
from tests.simulation.faults import Chosen
from tests.simulation.scheduler import START
from tests.simulation.world import World

POST_INVOICE = "/v2/invoices"
Budgets = Callable[[float, int], None]


@pytest.fixture
def kashflow_budget(monkeypatch: pytest.MonkeyPatch) -> Budgets:
    """Sets what KashFlow may be asked: calls a second, and at once."""

    def set_to(calls_per_second: float, parallel_calls: int) -> None:
        monkeypatch.setenv("KASHFLOW_CALLS_PER_SECOND", str(calls_per_second))
        monkeypatch.setenv("KASHFLOW_PARALLEL_CALLS", str(parallel_calls))

    return set_to


@dataclass
class Watch:
    """Stands at KashFlow's line: when each call began, how many ran at once, and which invoice was posted when."""

    began: list[datetime] = field(default_factory=list)
    most_at_once: int = 0
    posted: dict[str, datetime] = field(default_factory=dict)
    _running: int = 0

    def __call__(self, world: World) -> None:
        lines: Any = world._lines
        through: Callable[[httpx.Request], httpx.Response] = lines.handle_request

        def watched(request: httpx.Request) -> httpx.Response:
            if request.url.host != "kashflow":
                return through(request)
            self.began.append(world.clock())
            if request.method == "POST" and request.url.path == POST_INVOICE:
                self.posted.setdefault(simplejson.loads(request.content)["CustomerReference"], world.clock())
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
            try:
                return through(request)
            finally:
                self._running -= 1

        lines.handle_request = watched

    def most_within(self, length: timedelta) -> int:
        """How many calls began within a stretch of time, at most."""
        began = sorted(self.began)
        return max(bisect_left(began, moment + length) - at for at, moment in enumerate(began))

    def share_used(self, calls_per_second: float, since: datetime, share: float) -> float:
        """How much of the rate was used from `since` until this share of the calls had begun."""
        began = sorted(moment for moment in self.began if moment >= since)
        until = began[int(len(began) * share) - 1]
        many = sum(moment <= until for moment in began)
        return many / calls_per_second / (until - began[0]).total_seconds()


@pytest.mark.parametrize(("calls_per_second", "parallel_calls", "orders"), [(5, 4, 150), (0.5, 1, 40)])
def test_burst_when_it_meets_the_budget_uses_it_and_never_exceeds_it(
    kashflow_budget: Budgets, calls_per_second: float, parallel_calls: int, orders: int
) -> None:
    kashflow_budget(calls_per_second, parallel_calls)
    watch = Watch()
    report = play(1, Day(orders, each_second=1000, customers=20), before=watch)
    assert (report.violations, report.invoices) == ([], orders)
    for seconds in (1, 10):
        most = watch.most_within(timedelta(seconds=seconds))
        assert most <= seconds * calls_per_second + parallel_calls + 1, "each lane may be one call late"
    assert watch.most_at_once <= parallel_calls
    assert watch.share_used(calls_per_second, START, 0.8) >= 0.95


def test_pause_when_kashflow_asks_one_worker_for_it_holds_the_whole_stack(kashflow_budget: Budgets) -> None:
    kashflow_budget(5, 4)
    watch = Watch()
    asked: list[datetime] = []

    def asks_once(world: World) -> None:
        class Asks(Chosen):
            def take(self, site: str) -> str | None:
                if site.startswith("kashflow") and len(watch.began) > 100 and not asked:
                    asked.append(world.clock())
                    return "paused"
                return super().take(site)

        watch(world)
        world.faults = Asks()

    report = play(1, Day(60, each_second=1000, customers=10), before=asks_once)
    assert report.violations == []
    promised = timedelta(seconds=4 / 5)
    silence = [moment for moment in watch.began if promised < moment - asked[0] < timedelta(seconds=7)]
    assert silence == []


@pytest.fixture
def waits_of_live_orders(kashflow_budget: Budgets) -> Callable[[int], list[timedelta]]:
    """Plays a world in which ten live orders come into a backfill of a hundred; says how long each waited, sorted."""
    kashflow_budget(1, 4)

    def wait_in(seed: int) -> list[timedelta]:
        watch = Watch()
        a_week = timedelta(days=7)
        live = {f"SO-{number}": a_week + timedelta(seconds=20 * (number - 99)) for number in range(100, 110)}

        def watched(world: World) -> None:
            watch(world)
            announced = world.announce

            def only_new_ones() -> None:
                if world.clock() < START + a_week:
                    world.ordercloud.outbox.clear()
                announced()

            world.announce = only_new_ones  # type: ignore[method-assign]
            wiring = world.container()
            begin_backfill(
                "ordercloud", START - timedelta(days=1), START + timedelta(hours=1), cursors=wiring.cursors, now=START
            )
            world.plan(a_week.total_seconds(), world.sweep)

        def places_at(number: int) -> float:
            return number / 10 if number < 100 else live[f"SO-{number}"].total_seconds()

        report = play(seed, Day(110, places_at=places_at, customers=5), before=watched)
        assert (report.violations, report.invoices) == ([], 110)
        last_of_the_past = max(moment for order, moment in watch.posted.items() if order not in live)
        assert last_of_the_past > START + max(live.values())
        return sorted(watch.posted[order] - START - placed for order, placed in live.items())

    return wait_in


def test_live_orders_when_a_backfill_is_under_way_go_first(
    waits_of_live_orders: Callable[[int], list[timedelta]],
) -> None:
    worlds = [waits_of_live_orders(seed) for seed in (1, 2, 3)]
    for waited in worlds:
        assert waited[-1] < timedelta(seconds=90), "the first has to wait for the login and the account's lists as well"
        assert waited[-2] < timedelta(seconds=30)
    all_waits = sorted(one for waited in worlds for one in waited)
    middle = all_waits[len(all_waits) // 2]
    assert middle <= timedelta(seconds=3), "they wait for a call under way, and not for their turn"


@dataclass
class Outage:
    """KashFlow is away until some moment."""

    world: World
    until: datetime

    def take(self, site: str) -> str | None:
        return "refused" if site.startswith("kashflow") and self.world.clock() < self.until else None


def test_outage_of_hours_when_it_ends_was_told_of_once_and_drains_at_the_speed_of_the_budget(
    kashflow_budget: Budgets, monkeypatch: pytest.MonkeyPatch
) -> None:
    kashflow_budget(5, 4)
    watch, stacks = Watch(), list[Stack]()
    back = START + timedelta(hours=2)

    def outage(world: World) -> None:
        watch(world)
        world.faults = Outage(world, back)
        stacks.append(Stack(world))
        monkeypatch.setattr(metrics, "flush_metrics", stacks[0].read_metrics)

    report = play(5, Day(150, places_at=lambda number: number * 30, customers=20), before=outage)
    assert (report.violations, report.invoices, report.dead_letters) == ([], 150, 0)
    assert [change.alarm for change in stacks[0].rings()] == ["SystemsAwayAlarm"]
    assert len([moment for moment in watch.began if moment < back]) < 2 * 60 * 4
    first = min(moment for moment in watch.began if moment >= back)
    assert first - back <= timedelta(minutes=4)
    assert watch.share_used(5, first, 0.7) >= 0.95
