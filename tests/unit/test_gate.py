"""The gate before every call: one budget for all workers, and a pause that a system asked for holds all of them."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sitecore_kashflow.calls.access import Access, AccessStore, Budget
from sitecore_kashflow.calls.gate import Gate
from sitecore_kashflow.calls.timing import Timing
from sitecore_kashflow.errors import (
    HeldBackError,
    OutcomeUnknownError,
    PermanentError,
    RateLimitedError,
    RefusedError,
    RetryableError,
)
from tests.unit.doubles import Clock

LOST = OutcomeUnknownError("OUTCOME_UNKNOWN", "lost")


@pytest.fixture
def table(memory_table: Any) -> Any:
    """What stands above the table is tested here."""
    return memory_table


@pytest.fixture
def store(table: Any) -> AccessStore:
    return AccessStore(table, "KASHFLOW")


def gate(store: AccessStore, clock: Clock, budget: Budget | None = None, is_background: bool = False) -> Gate:
    return Gate("KashFlow", store, budget or Budget(1000, 4), clock.timing, is_background=lambda: is_background)


def call(one: Gate, error: Exception | None = None) -> None:
    """A call that ends well or badly."""
    with one.turn():
        if error is not None:
            raise error


def fail(one: Gate, error: Exception) -> None:
    with pytest.raises(type(error)):
        call(one, error)


# --- budget -----------------------------------------------------------------------------------------------


def test_a_turn_shows_the_shared_record(store: AccessStore, clock: Clock) -> None:
    store.save_session("token-1", 1, "v1", clock())
    with gate(store, clock).turn() as access:
        assert (access.token, access.generation) == ("token-1", 1)
    assert clock.slept == []


def test_calls_of_all_workers_begin_no_closer_than_the_budget_says(store: AccessStore, clock: Clock) -> None:
    workers = [gate(store, clock, Budget(4, 2)) for _ in range(3)]
    began = []
    for at in range(9):
        with workers[at % 3].turn():
            began.append(clock())
    assert {later - earlier for earlier, later in pairwise(began)} == {timedelta(seconds=0.25)}


def test_nobody_waits_in_a_lane_for_long_however_slow_the_budget_is(store: AccessStore, clock: Clock) -> None:
    workers = [gate(store, clock, Budget(0.1, 50)) for _ in range(3)]
    with workers[0].turn(), workers[1].turn():
        assert clock.slept == [10]
        with pytest.raises(HeldBackError):
            call(workers[2])


def test_a_call_after_a_rest_begins_at_once(store: AccessStore, clock: Clock) -> None:
    call(gate(store, clock, Budget(1, 1)))
    clock.sleep(30)
    clock.slept.clear()
    call(gate(store, clock, Budget(1, 1)))
    assert clock.slept == []


def test_no_more_calls_run_in_parallel_than_the_budget_says(store: AccessStore, clock: Clock) -> None:
    first, second, third = (gate(store, clock, Budget(1000, 2)) for _ in range(3))
    with first.turn(), second.turn():
        with pytest.raises(HeldBackError, match="as many calls as the budget allows"):
            call(third)
        assert sum(clock.slept) >= 5
    call(third)


def test_a_lane_of_a_worker_that_died_comes_free_by_time(store: AccessStore, clock: Clock) -> None:
    def die() -> None:
        with gate(store, clock, Budget(1000, 1)).turn():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die()
    with pytest.raises(HeldBackError):
        call(gate(store, clock, Budget(1000, 1)))
    clock.sleep(120)
    call(gate(store, clock, Budget(1000, 1)))


def test_lanes_are_taken_by_calls_under_way_alone(clock: Clock) -> None:
    ends = {"lane0": -1, "lane1": 60, "lane2": 86_400}
    record = {
        lane: (clock() + timedelta(seconds=seconds)).isoformat(timespec="microseconds")
        for lane, seconds in ends.items()
    }
    assert Access(record).taken_lanes(clock()) == {1}


def test_a_worker_that_overslept_does_not_take_the_lane_of_another(store: AccessStore, clock: Clock) -> None:
    one, other, third = (gate(store, clock, Budget(1000, 1)) for _ in range(3))
    with one.turn():
        clock.sleep(121)
        late = other.turn()
        late.__enter__()
    with pytest.raises(HeldBackError):
        call(third)
    late.__exit__(None, None, None)
    call(third)


def test_a_worker_whose_clock_ran_ahead_holds_nobody_up(store: AccessStore, clock: Clock) -> None:
    wrong = Clock()
    wrong.now = clock() + timedelta(days=1)
    with gate(store, wrong, Budget(4, 1)).turn():
        call(gate(store, clock, Budget(4, 1)))
        call(gate(store, clock, Budget(4, 1)))
    assert clock.slept == [0.25]


def test_an_answer_is_not_lost_when_the_lane_cannot_be_given_back(
    store: AccessStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttled(*_: Any, **__: Any) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "UpdateItem")

    monkeypatch.setattr(store, "end_turn", throttled)
    call(gate(store, clock))


# --- who goes first ---------------------------------------------------------------------------------------


def test_a_backfill_lets_an_order_go_first_that_waits_for_a_lane(store: AccessStore, clock: Clock) -> None:
    live, past = gate(store, clock, Budget(1000, 1)), gate(store, clock, Budget(1000, 1), is_background=True)
    with gate(store, clock, Budget(1000, 1)).turn(), pytest.raises(HeldBackError):
        call(live)
    with pytest.raises(HeldBackError):
        call(past)
    call(live)
    clock.sleep(60)
    call(past)


def test_a_backfill_alone_uses_the_whole_budget(store: AccessStore, clock: Clock) -> None:
    past = [gate(store, clock, Budget(2, 2), is_background=True) for _ in range(3)]
    began = clock()
    for at in range(21):
        call(past[at % 3])
    assert timedelta(seconds=10) <= clock() - began <= timedelta(seconds=16)


# --- pauses -----------------------------------------------------------------------------------------------


def test_a_pause_that_one_worker_was_asked_for_holds_every_other(store: AccessStore, clock: Clock) -> None:
    fail(gate(store, clock), RateLimitedError("KashFlow", 60))
    with pytest.raises(RateLimitedError) as caught:
        call(gate(store, clock))
    assert caught.value.wait_seconds == pytest.approx(60)
    clock.sleep(60)
    call(gate(store, clock))


@pytest.mark.parametrize("seconds", [0.2, 3, 5])
def test_a_short_pause_is_waited_out_here(store: AccessStore, clock: Clock, seconds: float) -> None:
    store.hold(clock() + timedelta(seconds=seconds), is_asked_for=True)
    call(gate(store, clock))
    assert clock.slept == [seconds]


def test_a_long_pause_is_raised_without_sleeping(store: AccessStore, clock: Clock) -> None:
    store.hold(clock() + timedelta(seconds=5.1), is_asked_for=True)
    with pytest.raises(RateLimitedError, match=r"KashFlow asks for a pause of 5\.1 s"):
        call(gate(store, clock))
    assert clock.slept == []


def test_a_hold_that_grows_during_the_wait_is_obeyed(store: AccessStore, clock: Clock) -> None:
    store.hold(clock() + timedelta(seconds=2), is_asked_for=True)

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if len(clock.slept) == 1:
            store.hold(clock() + timedelta(seconds=4), is_asked_for=True)

    call(Gate("KashFlow", store, Budget(1000, 4), Timing(clock, sleep, Random())))
    assert clock.slept == [2, 4]


def test_a_longer_hold_is_not_cut_short_by_a_shorter_one(store: AccessStore, clock: Clock) -> None:
    with gate(store, clock).turn():
        fail(gate(store, clock), RateLimitedError("KashFlow", 60))
    store.hold(clock() + timedelta(seconds=10), is_asked_for=True)
    assert store.read().held_until == clock() + timedelta(seconds=60)


def test_each_system_has_its_own_hold_and_budget(table: Any, store: AccessStore, clock: Clock) -> None:
    other = AccessStore(table, "ORDERCLOUD")
    other.hold(clock() + timedelta(seconds=60), is_asked_for=True)
    call(gate(store, clock))
    assert other.read().taken_lanes(clock()) == set()


def test_a_hold_and_a_session_do_not_disturb_each_other(store: AccessStore, clock: Clock) -> None:
    store.hold(clock() + timedelta(seconds=60), is_asked_for=True)
    store.save_session("token-1", 1, "v1", clock())
    store.lock(clock() + timedelta(seconds=90))
    access = store.read()
    assert (access.token, access.generation, access.started_at) == ("token-1", 1, clock())
    assert access.held_until == clock() + timedelta(seconds=60)
    assert access.locked_until == clock() + timedelta(seconds=90)


def test_a_turn_that_was_taken_before_a_pause_keeps_it(store: AccessStore, clock: Clock) -> None:
    one = gate(store, clock, Budget(0.5, 4))
    call(gate(store, clock, Budget(0.5, 4)))

    def asked_meanwhile(seconds: float) -> None:
        clock.sleep(seconds)
        store.hold(clock() + timedelta(seconds=60), is_asked_for=True)

    one._timing = Timing(clock, asked_meanwhile, Random())
    with pytest.raises(RateLimitedError):
        call(one)
    assert store.read().taken_lanes(clock()) == set()


def test_a_turn_of_two_calls_is_taken_in_one_write_and_given_back_in_one(
    store: AccessStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[str] = []
    through = store._update

    def noted(expression: str, *more: Any) -> Any:
        writes.append(expression)
        return through(expression, *more)

    monkeypatch.setattr(store, "_update", noted)
    one = gate(store, clock, Budget(4, 4))
    began = []
    for calls in (2, 1):
        with one.turn(calls):
            began.append(clock())
    assert began[1] - began[0] == timedelta(seconds=0.25)
    assert [text.partition(" ")[0] for text in writes] == ["SET", "REMOVE"]


def test_a_turn_with_calls_left_is_given_back_when_the_work_is_over(store: AccessStore, clock: Clock) -> None:
    one = gate(store, clock)
    with one.turn(2):
        pass
    assert len(store.read().taken_lanes(clock())) == 1
    one.leave()
    assert store.read().taken_lanes(clock()) == set()


# --- a system that is away --------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [RetryableError("NOT_REACHABLE", "away"), LOST])
def test_a_system_that_fails_five_times_in_a_row_is_left_alone_for_a_while(
    store: AccessStore, clock: Clock, error: Exception
) -> None:
    for _ in range(4):
        fail(gate(store, clock), error)
    assert store.read().held_until < clock()
    fail(gate(store, clock), error)
    assert store.read().held_until == clock() + timedelta(seconds=15)


def test_a_pause_is_called_asked_for_only_if_the_system_asked_for_it(store: AccessStore, clock: Clock) -> None:
    for _ in range(5):
        fail(gate(store, clock), LOST)
    with pytest.raises(HeldBackError) as caught:
        call(gate(store, clock))
    assert (type(caught.value), caught.value.code) == (HeldBackError, "SYSTEM_AWAY")
    assert caught.value.words == "KashFlow failed 5 times in a row; no call for 15 s."
    clock.sleep(15)
    fail(gate(store, clock), RateLimitedError("KashFlow", 300))
    with pytest.raises(RateLimitedError):
        call(gate(store, clock))


def test_pauses_grow_to_two_minutes_while_the_system_stays_away(store: AccessStore, clock: Clock) -> None:
    pauses = []
    for _ in range(12):
        clock.sleep(max(0.0, (store.read().held_until - clock()).total_seconds()))
        fail(gate(store, clock), LOST)
        pauses.append((store.read().held_until - clock()).total_seconds())
    assert pauses[4:] == [15, 30, 60, 120, 120, 120, 120, 120]


def answered() -> list[Callable[[Gate], None]]:
    """Ways in which a system shows that it is there."""
    return [
        call,
        lambda one: fail(one, RefusedError("KashFlow", 400, "none", "POST /invoices")),
        lambda one: fail(one, PermanentError("KASHFLOW_UNREADABLE", "odd")),
        lambda one: fail(one, RateLimitedError("KashFlow", 0)),
    ]


@pytest.mark.parametrize("answer", answered())
def test_any_answer_ends_a_row_of_failures(store: AccessStore, clock: Clock, answer: Callable[[Gate], None]) -> None:
    for _ in range(4):
        fail(gate(store, clock), LOST)
    answer(gate(store, clock))
    fail(gate(store, clock), LOST)
    assert store.read().held_until <= clock()
