"""The gate before every call: a pause that a system asked for holds the whole stack back."""

from datetime import timedelta
from typing import Any

import pytest

from sitecore_kashflow.clients.gate import Gate
from sitecore_kashflow.errors import RateLimitedError, RetryableError
from sitecore_kashflow.stores.access import AccessStore
from tests.unit.doubles import Clock


@pytest.fixture
def store(table: Any) -> AccessStore:
    return AccessStore(table, "KASHFLOW")


def gate(store: AccessStore, clock: Clock) -> Gate:
    return Gate("KashFlow", store, clock, clock.sleep)


def asking(seconds: float) -> Any:
    def call() -> None:
        raise RateLimitedError("KashFlow", seconds)

    return call


def test_an_open_gate_lets_a_call_through_with_the_shared_record(store: AccessStore, clock: Clock) -> None:
    store.save_session("token-1", 1, clock())
    one = gate(store, clock)
    assert one.enter().token == "token-1"
    assert one.pass_through(lambda: 42) == 42
    assert clock.slept == []


def test_a_pause_that_one_worker_was_asked_for_holds_every_other(store: AccessStore, clock: Clock) -> None:
    with pytest.raises(RateLimitedError):
        gate(store, clock).pass_through(asking(60))
    with pytest.raises(RateLimitedError) as caught:
        gate(store, clock).enter()
    assert caught.value.wait_seconds == 60
    clock.sleep(60)
    assert gate(store, clock).enter() == store.read()


@pytest.mark.parametrize("seconds", [0.2, 3, 5])
def test_a_short_pause_is_waited_out_here(store: AccessStore, clock: Clock, seconds: float) -> None:
    store.hold(clock() + timedelta(seconds=seconds))
    gate(store, clock).enter()
    assert clock.slept == [seconds]


def test_a_long_pause_is_raised_without_sleeping(store: AccessStore, clock: Clock) -> None:
    store.hold(clock() + timedelta(seconds=5.1))
    with pytest.raises(RateLimitedError, match=r"KashFlow asks for a pause of 5\.1 s"):
        gate(store, clock).enter()
    assert clock.slept == []


def test_a_hold_that_grows_during_the_wait_is_obeyed(store: AccessStore, clock: Clock) -> None:
    store.hold(clock() + timedelta(seconds=2))

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if len(clock.slept) == 1:
            store.hold(clock() + timedelta(seconds=4))

    Gate("KashFlow", store, clock, sleep).enter()
    assert clock.slept == [2, 4]


def test_a_longer_hold_is_not_cut_short_by_a_shorter_one(store: AccessStore, clock: Clock) -> None:
    for seconds in (60, 10):
        with pytest.raises(RateLimitedError):
            gate(store, clock).pass_through(asking(seconds))
    assert store.read().held_until == clock() + timedelta(seconds=60)


def test_other_trouble_holds_nobody(store: AccessStore, clock: Clock) -> None:
    def fail() -> None:
        raise RetryableError("NO_ANSWER", "nothing")

    with pytest.raises(RetryableError):
        gate(store, clock).pass_through(fail)
    assert gate(store, clock).enter() == store.read()
    assert clock.slept == []


def test_each_system_has_its_own_hold(table: Any, clock: Clock) -> None:
    AccessStore(table, "ORDERCLOUD").hold(clock() + timedelta(seconds=60))
    store = AccessStore(table, "KASHFLOW")
    assert gate(store, clock).enter() == store.read()


def test_a_hold_and_a_session_do_not_disturb_each_other(store: AccessStore, clock: Clock) -> None:
    store.hold(clock() + timedelta(seconds=60))
    store.save_session("token-1", 1, clock())
    store.lock(clock() + timedelta(seconds=90))
    access = store.read()
    assert (access.token, access.generation, access.started_at) == ("token-1", 1, clock())
    assert access.held_until == clock() + timedelta(seconds=60)
    assert access.locked_until == clock() + timedelta(seconds=90)
