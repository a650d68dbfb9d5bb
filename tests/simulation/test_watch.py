"""What lands after the written bound is doubled, and the watch sees exactly that, whatever goes wrong meanwhile."""

from collections import defaultdict
from random import Random

import pytest

from tests.simulation import lines as lines_module
from tests.simulation.calls import TOLD_ONCE
from tests.simulation.drive import Day, an_order, play
from tests.simulation.faults import Chosen, InTurn, Mixed, Plan
from tests.simulation.walker import DONE, Outcome
from tests.simulation.world import World

EVERY = 3 * 3600
A_QUARTER = 900
POST_INVOICE = "kashflow POST /v2/invoices"


class Late:
    """Some posts of invoices are cut off, and land a quarter of an hour later."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"late {seed}")

    def take(self, site: str) -> str | None:
        return "late" if site == POST_INVOICE and self._random.random() < 0.05 else None


def look(world: World, tries: int = 3) -> None:
    """The schedule calls the door; Lambda tries again twice, after a minute and after two."""

    def answered(outcome: Outcome) -> None:
        if outcome[0] != DONE and tries > 1:
            world.plan(60 * (4 - tries), lambda: look(world, tries - 1))

    world.functions.invoke("watch_duplicates", {}, answered)


def doubled(world: World) -> set[tuple[int, ...]]:
    """Numbers of invoices under one reference, as KashFlow holds them."""
    numbers = defaultdict[str, list[int]](list)
    for invoice in world.kashflow.kashflow.books.invoices:
        numbers[invoice["CustomerReference"]].append(invoice["Number"])
    return {tuple(sorted(several)) for several in numbers.values() if len(several) > 1}


def told_of(world: World) -> set[tuple[int, ...]]:
    """Numbers of the invoices that the watch has found to be doubled."""
    found = world.container().duplicate_store.read().found.values()
    return {tuple(document.number for document in one.documents) for one in found}


def watched(plan: Plan) -> tuple[set[tuple[int, ...]], set[tuple[int, ...]], list[str]]:
    """What is doubled, what two looks found of it while calls went wrong by plan, and the calls of the looks."""
    world = World(1, Chosen({POST_INVOICE: "late"}), hooks=TOLD_ONCE)
    world.place(an_order(0, 1))
    world.run()
    world.faults = faults = Chosen(plan)
    look(world)
    world.plan(EVERY, lambda: look(world))
    world.run()
    world.faults = Chosen()
    world.close()
    return doubled(world), told_of(world), faults.sites


def test_watch_when_any_single_call_goes_wrong_finds_the_doubled_invoice_by_the_next_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines_module, "_LATE_SECONDS", A_QUARTER)
    planted, found, sites = watched({})
    assert (len(planted), found) == (1, planted)
    kinds = InTurn()
    plans: list[Plan] = [{at: kind} for at, site in enumerate(sites) for kind in kinds(site)]
    assert len(plans) > 20
    assert [plan for plan in plans if watched(plan)[:2] != (planted, planted)] == []


@pytest.mark.parametrize("seed", [1, 2])
def test_watch_when_writes_land_after_the_bound_finds_exactly_the_doubled_invoices(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(lines_module, "_LATE_SECONDS", A_QUARTER)
    planted: list[set[tuple[int, ...]]] = []
    found: list[set[tuple[int, ...]]] = []

    def watch(world: World) -> None:
        world.faults = Mixed(seed, 0.05, lambda kind: kind != "late")
        for number in range(8):
            world.plan(number * EVERY, lambda: look(world))
        world.run()
        world.faults = Mixed(seed, 0)
        look(world)
        world.run()
        planted.append(doubled(world))
        found.append(told_of(world))

    report = play(seed, Day(100), Late(seed), after=watch)
    assert len(planted[0]) > 0
    assert found == planted
    assert any("2 invoices" in wrong for wrong in report.violations)
