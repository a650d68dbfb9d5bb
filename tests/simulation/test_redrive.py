"""Dead letters of every queue, put back three times over: nothing is added, and nothing stays behind."""

import json
from functools import partial

import pytest

from sitecore_kashflow.bridge.redrive import REDRIVES
from sitecore_kashflow.runs.subject import subject_of
from tests.deployed import template
from tests.simulation.drive import Day, Report, play
from tests.simulation.dynamo import Item
from tests.simulation.faults import Chosen, Mixed
from tests.simulation.walker import Outcome
from tests.simulation.world import World

DAY = 86_400


class Denied:
    """A right was taken away: calls to these sites are refused."""

    def __init__(self, *sites: str) -> None:
        self._sites = sites

    def take(self, site: str) -> str | None:
        return "refused" if site in self._sites else None


def mended(world: World) -> None:
    world.faults = Chosen()


def put_back(world: World, folder: str, events: list[Item]) -> None:
    """Call a function with each of these events, three times over."""
    heard: list[Outcome] = []
    for _ in range(3):
        for event in events:
            world.functions.invoke(folder, json.loads(json.dumps(event)), heard.append)
        world.run()
    assert len(heard) == 3 * len(events)


def resume_all(world: World) -> None:
    """A person lets every parked order go on."""
    decisions = world.container().decisions
    for item in list(world.tables["LedgerTable"].items.values()):
        if item.get("state") == "parked":
            decisions.resume(subject_of(str(item["pk"])), world.clock())
    world.run()


@pytest.mark.parametrize("site", ["workflow StartExecution", "ledger UpdateItem STATE", "hints PutItem"])
def test_hints_that_died_when_put_back_three_times_make_each_invoice_once(site: str) -> None:
    died: list[int] = []

    def redrive(world: World) -> None:
        died.append(len(world.dead_letters))
        mended(world)
        bodies = [message.body for message in world.dead_letters]
        world.redrive()
        world.run()
        for _ in range(2):
            world.scheduler.sleep(DAY)
            for body in bodies:
                world.enqueue(body)
            world.run()

    report = play(1, Day(20), Denied(site), after=redrive)
    assert died[0] >= 20
    assert (report.violations, report.invoices, report.dead_letters) == ([], 20, 0)


def test_runs_that_stopped_and_could_not_be_parked_when_put_back_three_times_wait_for_a_person_once() -> None:
    stopped: list[int] = []

    def stop_some(world: World) -> None:
        for execution in list(world.workflows.executions.values()):
            if execution.status == "RUNNING":
                execution.stop()
        stopped.append(len([one for one in world.workflows.executions.values() if one.status == "ABORTED"]))
        world.faults = Denied("ledger GetItem STATE")
        world.plan(600, lambda: mended(world))

    def put_back_and_resume(world: World) -> None:
        letters = world.workflows.parking_dead_letters
        assert len(letters) == stopped[0] > 0
        events, letters[:] = list(letters), []
        put_back(world, "park_order", events)
        resume_all(world)
        put_back(world, "park_order", events)

    report = play(1, Day(20), before=lambda world: world.plan(2, partial(stop_some, world)), after=put_back_and_resume)
    assert (report.violations, report.invoices) == ([], 20)


@pytest.mark.parametrize("folder", ["sweep_orders", "watch_duplicates", "reconcile_books"])
def test_looks_that_died_when_put_back_three_times_add_nothing(folder: str) -> None:
    before: list[Report] = []
    report = play(1, Day(20), after=lambda world: put_back(world, folder, [{}]))
    before.append(play(1, Day(20)))
    assert (report.violations, report.invoices, report.states) == ([], 20, before[0].states)


def test_dead_letters_of_every_queue_of_the_template_can_be_put_back() -> None:
    resources = template()["Resources"]
    queues = {name for name, one in resources.items() if one["Type"] == "AWS::SQS::Queue" and "DeadLetter" in name}
    assert queues == {one.queue for one in REDRIVES.values()}


def test_webhooks_and_dead_letters_when_calls_go_wrong_during_the_redrive_do_no_harm() -> None:
    def redrive(world: World) -> None:
        world.faults = Mixed(3, 0.05)
        for _ in range(3):
            bodies = [message.body for message in world.dead_letters]
            world.redrive()
            for body in bodies:
                world.enqueue(body)
            world.replay()
            world.run()
        mended(world)
        world.redrive()
        world.run()

    report = play(2, Day(20), Denied("workflow StartExecution"), after=redrive)
    assert (report.violations, report.invoices) == ([], 20)
