"""Slots: so many runs at once, some of them kept for new orders, and an event that a later run has served."""

from datetime import timedelta
from typing import Any

import pytest

from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runs.runs import Runs
from sitecore_kashflow.runs.slots import Limit, Slots, limit_for
from sitecore_kashflow.runs.subject import Subject
from tests.unit.doubles import Clock


def order(number: int) -> Subject:
    return Subject("order", "ordercloud", f"SO-{number}")


@pytest.fixture
def slots(memory_table: Any) -> Slots:
    return Slots(memory_table, Limit(3, kept=1))


def test_no_more_runs_get_a_slot_than_there_are(slots: Slots, clock: Clock) -> None:
    assert [slots.take(order(at), clock(), is_background=False) for at in range(4)] == [True, True, True, False]
    slots.release(order(1))
    assert slots.take(order(3), clock(), is_background=False)


def test_background_work_leaves_a_slot_and_takes_none_while_others_wait(slots: Slots, clock: Clock) -> None:
    slots.let_others_go_first(clock())
    assert not slots.take(order(1), clock(), is_background=True)
    clock.sleep(3)
    assert [slots.take(order(at), clock(), is_background=True) for at in range(3)] == [True, True, False]
    assert slots.take(order(9), clock(), is_background=False)


def test_slot_that_a_worker_took_before_it_died_is_not_taken_twice_nor_given_back_twice(
    slots: Slots, clock: Clock
) -> None:
    assert slots.take(order(1), clock(), is_background=False)
    assert slots.take(order(1), clock(), is_background=False)
    slots.release(order(1))
    slots.release(order(1))
    assert slots.read().item["taken"] == 0


def test_resumed_run_has_a_slot_though_none_is_free(slots: Slots, clock: Clock) -> None:
    for at in range(3):
        slots.take(order(at), clock(), is_background=False)
    slots.take_anyway(order(3), clock())
    assert slots.read().item["taken"] == 4


@pytest.mark.parametrize(
    ("budget", "limit"), [((5, 4, 0), Limit(10, 2)), ((0.5, 1, 0), Limit(3, 1)), ((5, 4, 4), Limit(4, 1))]
)
def test_there_are_as_many_slots_as_the_budget_can_serve_and_a_few_more(
    budget: tuple[float, int, int], limit: Limit
) -> None:
    assert limit_for(*budget) == limit


def test_event_is_served_by_a_run_that_began_well_after_it_and_is_over(memory_table: Any, clock: Clock) -> None:
    runs, received = Runs(memory_table), clock()
    assert runs.note_event(order(1), clock(), received)
    clock.sleep(10)
    job = Job(order(1), runs.open_run(order(1), clock()).run.number, "c", attempt="1")
    assert runs.note_event(order(1), clock(), received), "the run may be dead"
    record = runs.begin_step(job)
    runs.note_served(job, record.events)
    assert runs.end_run(job)
    assert runs.note_event(order(1), clock(), received) is None
    assert runs.note_event(order(1), clock(), received + timedelta(seconds=1))
