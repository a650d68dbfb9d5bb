"""A backfill: how it begins, how fast it goes, how far it has got; and the sweep's own place in its list."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.runs.cursors import CursorStore
from sitecore_kashflow.runs.envelope import AGAIN, BACKFILL, Envelope
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.runtime.providers.sweeps import looks
from sitecore_kashflow.shops.shop import ListedOrder
from sitecore_kashflow.usecases import sweep_orders
from sitecore_kashflow.usecases.sweep_everything import sweep_everything
from sitecore_kashflow.usecases.sweep_orders import (
    BackfillStatus,
    backfill_status,
    begin_backfill,
    stop_backfill,
)
from tests.simulation.dynamo import MemoryTable
from tests.unit.doubles import Clock

FROM, TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


class Shop:
    """Lists its orders a hundred at a time; `asked` is from when on changes were asked for."""

    def __init__(self, past: int = 0) -> None:
        self.past = [ListedOrder(f"SO-{number:04}", "1") for number in range(past)]
        self.changed: list[ListedOrder] = []
        self.asked: list[datetime] = []
        self.returned: list[ListedOrder] = []
        self.asked_of_returns: list[tuple[datetime, str]] = []

    def placed_between(self, first: datetime, last: datetime, last_id: str) -> Sequence[ListedOrder]:
        assert (first, last) == (FROM, TO)
        return [order for order in self.past if order.id > last_id][:100]

    def changed_since(self, moment: datetime, last_id: str) -> Sequence[ListedOrder]:
        self.asked.append(moment)
        return [order for order in self.changed if order.id > last_id][:100]

    def returns_changed_since(self, moment: datetime, last_id: str) -> Sequence[ListedOrder]:
        self.asked_of_returns.append((moment, last_id))
        return [one for one in self.returned if one.place > last_id][:1]


class Queue:
    """Drained by nobody but the test."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    def put_all(self, envelopes: Sequence[Envelope]) -> None:
        self.envelopes += envelopes

    def waiting(self) -> int:
        return len(self.envelopes)

    def drain(self) -> list[Envelope]:
        drained, self.envelopes = self.envelopes, []
        return drained


class Stage:
    """One shop, with its sweep and the second look, and so many orders under way."""

    def __init__(self, clock: Clock, past: int = 0) -> None:
        self.clock, self.shop, self.queue, self.live = clock, Shop(past), Queue(), Queue()
        table: Any = MemoryTable("LedgerTable", ("pk", "sk"))
        self.cursors = CursorStore(table)
        self.unfinished = 0
        runs: Any = SimpleNamespace(next_in_state=self._next_in_state, waiting=lambda _: [], in_state=self._nobody)
        parts: Any = SimpleNamespace(
            runs=runs,
            queues={"backfill": self.queue, "order": self.live}.get,
            lists=lambda _: self.shop,
            cursors=self.cursors,
            reporter=None,
        )
        self.looks = looks(parts)

    def _nobody(self, *_: Any, **__: Any) -> list[Any]:
        return []

    def _next_in_state(self, _kind: str, state: str, after: str, limit: int) -> list[Any]:
        assert limit
        since = "2026-11-01T00:00:00"
        count = self.unfinished if state == "invoiced" and after < since else 0
        return [SimpleNamespace(state=state, state_since=since, subject=Subject("order", "ordercloud", "SO-X"))] * count

    def begin(self) -> None:
        begin_backfill("ordercloud", FROM, TO, cursors=self.cursors, now=self.clock())

    def status(self) -> BackfillStatus | None:
        return backfill_status("ordercloud", cursors=self.cursors)

    def sweep(self) -> dict[str, int]:
        self.clock.sleep(900)
        found = sweep_everything(looks=self.looks, now=self.clock())
        return {name: found[name] for name in ("again", "backfilled", "swept")}


def test_backfill_tells_its_days_how_many_it_has_found_how_far_it_is_and_whether_it_is_finished(clock: Clock) -> None:
    stage = Stage(clock, past=4030)
    assert stage.status() is None
    stage.begin()
    assert stage.status() == BackfillStatus(FROM, TO, 0, "", is_under_way=True)
    assert stage.sweep()["backfilled"] == 4000
    assert stage.status() == BackfillStatus(FROM, TO, 4000, "SO-3999", is_under_way=True)
    hints = stage.queue.drain()
    assert {one.hint for one in hints} == {BACKFILL}
    assert stage.sweep()["backfilled"] == 30
    assert stage.status() == BackfillStatus(FROM, TO, 4030, "SO-4029", is_under_way=False)
    hints += stage.queue.drain()
    assert [one.subject.id for one in hints] == [order.id for order in stage.shop.past]
    assert stage.sweep()["backfilled"] == 0


@pytest.mark.parametrize(("waiting", "brought"), [(0, 200), (4999, 200), (5000, 0)])
def test_backfill_puts_nothing_more_on_a_queue_that_is_long_already(clock: Clock, waiting: int, brought: int) -> None:
    stage = Stage(clock, past=200)
    stage.begin()
    stage.queue.envelopes = [Envelope(Subject("order", "x", "1"), BACKFILL, "1", clock(), "c")] * waiting
    assert stage.sweep()["backfilled"] == brought


def test_past_orders_and_second_looks_wait_on_a_queue_of_their_own(clock: Clock) -> None:
    stage = Stage(clock, past=200)
    stage.begin()
    stage.shop.changed = [ListedOrder(f"NEW-{number:02}", "1") for number in range(21)]
    stage.unfinished = 5
    assert stage.sweep() == {"again": 5, "backfilled": 200, "swept": 21}
    assert {one.hint for one in stage.queue.drain()} == {AGAIN, BACKFILL}
    assert {one.hint for one in stage.live.drain()} == {"live"}


def test_a_changed_order_is_put_on_the_queue_by_every_sweep_if_its_list_bears_no_time(clock: Clock) -> None:
    stage = Stage(clock)
    stage.shop.changed = [ListedOrder("SO-1", "2026-11-21"), ListedOrder("SO-2", "")]
    stage.sweep()
    stage.sweep()
    hints = {(one.subject.id, one.hint_id) for one in stage.live.drain()}
    assert [name for name, _ in sorted(hints)] == ["SO-1", "SO-2", "SO-2"]


def test_second_look_goes_on_while_a_backfill_is_under_way(clock: Clock) -> None:
    stage = Stage(clock, past=5000)
    stage.begin()
    stage.unfinished = 3
    assert stage.sweep()["again"] == 3
    assert [one.hint for one in stage.queue.drain()[:4]] == [AGAIN, AGAIN, AGAIN, BACKFILL]


@pytest.mark.parametrize("until", [FROM, FROM - timedelta(days=1)])
def test_backfill_that_has_no_day_in_it_is_refused(clock: Clock, until: datetime) -> None:
    stage = Stage(clock)
    with pytest.raises(PermanentError, match="BACKFILL_DAYS_WRONG"):
        begin_backfill("ordercloud", FROM, until, cursors=stage.cursors, now=clock())
    assert stage.status() is None


def test_backfill_does_not_replace_one_that_is_under_way_unless_it_is_told_to(clock: Clock) -> None:
    stage = Stage(clock, past=5000)
    stage.begin()
    stage.sweep()
    stage.queue.drain()
    with pytest.raises(PermanentError, match="BACKFILL_UNDER_WAY"):
        stage.begin()
    assert stage.status() == BackfillStatus(FROM, TO, 4000, "SO-3999", is_under_way=True)
    stop_backfill("ordercloud", cursors=stage.cursors)
    assert stage.status() == BackfillStatus(FROM, TO, 4000, "SO-3999", is_under_way=False)
    assert stage.sweep()["backfilled"] == 0
    stage.begin()
    assert stage.status() == BackfillStatus(FROM, TO, 0, "", is_under_way=True)
    stage.sweep()
    stage.queue.drain()
    stage.sweep()
    stage.begin()
    assert stage.status() == BackfillStatus(FROM, TO, 0, "", is_under_way=True)


def test_second_look_begins_once_a_day(clock: Clock) -> None:
    stage = Stage(clock)
    looks = 0
    for _ in range(3 * 48):  # three days
        stage.unfinished = 1
        looks += stage.sweep()["again"]
        stage.unfinished = 0
        stage.sweep()
        stage.queue.drain()
    assert looks == 3


# --- the sweep's own place ------------------------------------------------------------------------------------


def test_sweep_looks_from_an_hour_before_the_beginning_of_the_one_before_it(clock: Clock) -> None:
    stage = Stage(clock)
    stage.sweep()
    began = clock()
    stage.sweep()
    assert stage.shop.asked == [began - timedelta(days=2, hours=1), began - timedelta(hours=1)]


def test_sweep_that_was_cut_short_leaves_no_time_out(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What changes while its pages are read may have been behind the reader: the next one looks from its beginning."""
    monkeypatch.setattr(sweep_orders, "_MAX_PAGES", 1)
    stage = Stage(clock)
    stage.shop.changed = [ListedOrder(f"SO-{number:03}", "1") for number in range(250)]
    stage.sweep()
    began = clock()
    for _ in range(3):
        stage.queue.drain()
        stage.sweep()
    first, *others = stage.shop.asked
    assert others == [first] * 3
    stage.queue.drain()
    stage.sweep()
    assert stage.shop.asked[-1] == began - timedelta(hours=1)


def test_sweep_of_returns_goes_on_from_the_return_and_looks_for_itself(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that stand for an order by another id are in order of that id, and a refused list of orders stops none."""

    def refuse(_moment: datetime, _last_id: str) -> Sequence[ListedOrder]:
        raise PermanentError("OC_REFUSED", "not allowed")

    monkeypatch.setattr(sweep_orders, "_MAX_PAGES", 1)
    stage = Stage(clock)
    stage.shop.returned = [ListedOrder("SO-7", "1", "ret-1"), ListedOrder("SO-2", "1", "ret-2")]
    monkeypatch.setattr(stage.shop, "changed_since", refuse)
    for _ in range(4):
        with pytest.raises(PermanentError, match="OC_REFUSED"):
            stage.sweep()
    assert [last_id for _, last_id in stage.shop.asked_of_returns] == ["", "ret-1", "ret-2", ""]
    assert [one.subject.id for one in stage.live.drain()] == ["SO-7", "SO-2", "SO-7"]


def test_a_look_that_fails_leaves_the_later_ones_out_no_more_than_one_that_is_cut_short(clock: Clock) -> None:
    def fail(_: datetime) -> int:
        raise ZeroDivisionError

    def look(now: datetime) -> int:
        asked.append(now)
        return 1

    asked = list[datetime]()
    looks = [("backfilled", fail), ("swept", look)]
    with pytest.raises(ZeroDivisionError):
        sweep_everything(looks=looks, now=clock())
    assert asked == [clock()]
