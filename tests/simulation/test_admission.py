"""Orders wait on their queue: for as long as it takes, at no cost, and nobody is lost."""

from datetime import timedelta

import pytest

from sitecore_kashflow.usecases import admission
from tests.simulation.backlog import live_in_backfill, played
from tests.simulation.drive import Day, an_order, play
from tests.simulation.scheduler import START
from tests.simulation.test_budget import Outage
from tests.simulation.workflows import Workflows
from tests.simulation.world import World


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KASHFLOW_CALLS_PER_SECOND", "5")
    monkeypatch.setenv("KASHFLOW_PARALLEL_CALLS", "4")


def test_burst_uses_the_budget_with_few_functions_and_costs_no_more_than_calm_orders() -> None:
    calm_day, calm = played(20, 30)
    day, burst = played(120, 0.001)
    assert (day.violations, calm_day.violations) == ([], [])
    assert burst.world
    assert burst.share >= 0.93, "the first second and the last are a larger part of a short burst"
    assert burst.world.functions.most_busy <= 20
    assert burst.aws.total() / 120 <= 1.2 * calm.aws.total() / 20
    assert len(burst.posted) == 120


def test_live_order_in_the_middle_of_a_backfill_is_invoiced_within_half_a_minute() -> None:
    report, waited = live_in_backfill(120)
    assert report.violations == []
    assert waited <= timedelta(seconds=30)


def test_orders_that_wait_for_three_days_are_neither_dead_letters_nor_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNS_UNDER_WAY", "1")
    monkeypatch.setattr(admission, "_RECHECK_SECONDS", (5, 10))
    worlds: list[World] = []

    def away(world: World) -> None:
        worlds.append(world)
        world.faults = Outage(world, START + timedelta(days=3))

    report = play(1, Day(3, customers=2), before=away)
    assert report.dead_letters == 0
    assert [message for queue in worlds[0].queues.values() for message in queue.expired] == []
    had_a_run = report.states["parked"]
    assert had_a_run <= 1, "a step is tried again for about two days, and then its order waits for a person"
    assert report.invoices == 3 - had_a_run


def test_slots_of_runs_that_died_are_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNS_UNDER_WAY", "1")
    world = World(1)
    with monkeypatch.context() as patch:
        patch.setattr(Workflows, "_park_stopped", lambda *_: None)
        world.place(an_order(0, 1))
        world.scheduler.run(until=lambda: bool(world.workflows.executions))
        for run in world.workflows.executions.values():
            run.stop()
        world.run()
    world.scheduler.sleep(700)
    world.place(an_order(1, 1))
    late = world.clock() + timedelta(hours=1)
    world.scheduler.run(until=lambda: world.state("SO-1").get("state") == "paid" or world.clock() > late)
    assert world.state("SO-1")["state"] == "paid"
    world.close()


def test_parked_orders_hold_no_slot_and_go_on_though_none_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNS_UNDER_WAY", "1")
    world = World(1)
    world.kashflow.switches.put({"invoice_limit": "reached"})
    for number in range(2):
        world.place(an_order(number, 1))
    world.run()
    assert {world.state(f"SO-{number}")["state"] for number in range(2)} == {"parked"}
    assert world.clock() - START < timedelta(minutes=5), (
        "the second does not wait until the first one's slot is taken back"
    )
    world.kashflow.switches.put({"invoice_limit": "none"})
    for number in range(2):
        token = world.state(f"SO-{number}")["task_token"]
        assert world.send_task_success(token, {"decision": "resume"})
    world.run()
    assert {world.state(f"SO-{number}")["state"] for number in range(2)} == {"paid"}
    world.close()
