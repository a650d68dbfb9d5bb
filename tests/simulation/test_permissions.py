"""The template lets each function do what it does, and no policy allows what nobody needs."""

import json
import logging
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sandbox.retail_order import PaymentKind
from sitecore_kashflow.observability import logger
from sitecore_kashflow.usecases.sweep_orders import begin_backfill
from tests.deployed import ROOT
from tests.simulation.calls import TOLD_ONCE
from tests.simulation.conditions import STRICT
from tests.simulation.drive import Day, an_order, play
from tests.simulation.environment import ENVIRONMENT, PREPARE_ORDER, PUBLISHED_RULES
from tests.simulation.faults import Chosen, Faults, Mixed
from tests.simulation.payouts import refund_that_only_the_payout_knows
from tests.simulation.permissions import Permission, allowed, policies_of
from tests.simulation.scheduler import START
from tests.simulation.shop_function import ENRICHMENT
from tests.simulation.test_budget import Outage
from tests.simulation.test_payouts import BANK
from tests.simulation.walker import Outcome
from tests.simulation.walks import TOLD_OF_CHANGES
from tests.simulation.walks import Day as WalkDay
from tests.simulation.workflows import Workflows
from tests.simulation.world import World

Used = dict[str, set[Permission]]
FOLDERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
FOR_OTHERS = {
    Permission("dynamodb:GetItem", "IdempotencyTable"),
    Permission("kms:Decrypt", "AlarmKey"),
    Permission("kms:GenerateDataKey", "AlarmKey"),
}
"""What Powertools asks for if DynamoDB does not say which record stands in the way; it does. And what a topic asks for
with the caller's rights, because its messages are encrypted."""


def busy_day() -> Iterator[tuple[str, Permission]]:
    """Orders of all kinds while calls go wrong, a sweep, a look for duplicates, and a comparison of the books."""
    worlds: list[World] = []

    def looks(world: World) -> None:
        world.sweep()
        watch(world)
        watch(world, "reconcile_books")
        worlds.append(world)

    for seed in (1, 2):
        assert play(seed, Day(40, conditions=STRICT), Mixed(seed, 0.15), after=looks).violations == []
    for world in worlds:
        yield from world.aws_lines.used


def late_payment() -> Iterator[tuple[str, Permission]]:
    """The money comes after KashFlow's session has ended."""
    world = World(1)
    order = an_order(0, 1, PaymentKind.AUTHORISED)
    world.place(order)
    world.plan(2 * 3600, lambda: world.capture(order))
    world.run()
    world.close()
    yield from world.aws_lines.used


def first_look() -> Iterator[tuple[str, Permission]]:
    """A look for duplicates before anybody has logged in."""
    world = World(1)
    watch(world)
    world.close()
    yield from world.aws_lines.used


def first_comparison() -> Iterator[tuple[str, Permission]]:
    """Comparisons of the books before anybody has logged in, on the first day and two days later."""
    world = World(1)
    for _ in range(4):
        watch(world, "reconcile_books")
        world.scheduler.sleep(43_200)
    world.close()
    yield from world.aws_lines.used


def watch(world: World, folder: str = "watch_duplicates") -> None:
    heard: list[Outcome] = []
    world.functions.invoke(folder, {}, heard.append)
    world.run()


def people_told() -> Iterator[tuple[str, Permission]]:
    """An order is parked, and an alarm rings."""
    world = World(1)
    world.kashflow.switches.put({"invoice_limit": "reached"})
    world.place(an_order(0, 1))
    world.run()
    world.scheduler.sleep(600)
    alarm: dict[str, Any] = json.loads((ROOT / "events/11_notify_people.alarm.json").read_text("utf-8"))
    for event in (alarm, dict[str, Any]()):
        world.functions.invoke("notify_people", event, lambda _: None)
        world.run()
    world.close()
    yield from world.aws_lines.used


def stopped_runs() -> Iterator[tuple[str, Permission]]:
    """A run is stopped, and its order parked; the next one is stopped while nobody is told, and an event comes."""
    world = World(1, hooks=TOLD_ONCE)
    world.kashflow.switches.put({"invoice_limit": "reached"})
    world.place(an_order(0, 1))
    world.run()
    for run in world.workflows.executions.values():
        run.stop()
    world.run()
    yield from world.aws_lines.used
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Workflows, "_park_stopped", lambda *_: None)
        world.place(an_order(1, 1))
        world.run()
        for run in world.workflows.executions.values():
            run.stop()
        world.replay()
        world.scheduler.sleep(2 * 86_400)
        world.replay()
        world.run()
    world.close()
    yield from world.aws_lines.used


def full_house() -> Iterator[tuple[str, Permission]]:
    """More orders, new and past, than may be under way while KashFlow is away."""
    worlds: list[World] = []

    def away(world: World) -> None:
        worlds.append(world)
        world.faults = Outage(world, START + timedelta(hours=1))
        cursors = world.container().cursors
        begin_backfill("ordercloud", START - timedelta(days=1), START + timedelta(days=1), cursors=cursors, now=START)
        world.plan(60, world.sweep)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNS_UNDER_WAY", "2")
        assert play(1, Day(6), before=away).violations == []
    yield from worlds[0].aws_lines.used


def enriched() -> Iterator[tuple[str, Permission]]:
    """The shop has a function of its own."""
    world = World(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PREPARE_ORDER, "enrichment", ENRICHMENT)
        world.place(an_order(0, 1))
        world.run()
    world.close()
    yield from world.aws_lines.used


def payouts() -> Iterator[tuple[str, Permission]]:
    """A gateway's file tells of a refund that nobody else has told of, while calls go wrong; and comes again."""
    ways: list[Faults] = [*(Chosen({BANK: kind}) for kind in ("lost", "expired")), Mixed(3, 0.1)]
    for faults in ways:
        day = WalkDay(faults, TOLD_OF_CHANGES)
        refund_that_only_the_payout_knows(day)
        day.world.run()
        day.world.close()
        yield from day.world.aws_lines.used


@pytest.fixture(scope="module")
def used() -> Used:
    """What each function has asked of AWS. Worlds silence the log, and no fixture of a single test restores it here."""
    found, level = defaultdict[str, set[Permission]](set), logger.log_level
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {**ENVIRONMENT, **PUBLISHED_RULES}.items():
            environment.setenv(name, value)
        for story in (
            busy_day,
            late_payment,
            first_look,
            first_comparison,
            people_told,
            stopped_runs,
            full_house,
            enriched,
            payouts,
        ):
            for folder, permission in story():
                found[folder].add(permission)
    logger.setLevel(level)
    return found


def test_log_when_worlds_were_played_for_all_tests_is_as_loud_as_before(used: Used) -> None:
    assert used
    assert logger.log_level < logging.CRITICAL


@pytest.mark.parametrize("folder", FOLDERS)
def test_function_when_it_works_needs_no_right_that_the_template_does_not_give(used: Used, folder: str) -> None:
    assert used[folder] - (allowed(folder) or set()) == set()


@pytest.mark.parametrize("folder", FOLDERS)
def test_function_has_no_policy_that_it_does_not_use(used: Used, folder: str) -> None:
    policies = policies_of(folder) or {}
    assert [name for name, allows in policies.items() if not allows & used[folder]] == []


def test_policies_allow_nothing_that_no_function_uses(used: Used) -> None:
    """A shared policy may allow what one of its functions needs and another does not."""
    users = [(name, allows, used[folder]) for folder in FOLDERS for name, allows in (policies_of(folder) or {}).items()]
    everything = {name: allows for name, allows, _ in users}
    for name, _, uses in users:
        everything[name] = everything[name] - uses
    assert {name: left for name, left in everything.items() if left - FOR_OTHERS} == {}
