"""What lands after the written bound is doubled, and the watch sees exactly that, whatever goes wrong meanwhile."""

from collections import defaultdict
from random import Random

import pytest

from tests.simulation import lines as lines_module
from tests.simulation.drive import play
from tests.simulation.faults import Mixed
from tests.simulation.walker import DONE, Outcome
from tests.simulation.world import World

EVERY = 3 * 3600
A_QUARTER = 900


class Late:
    """Some posts of invoices are cut off, and land a quarter of an hour later."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"late {seed}")

    def take(self, site: str) -> str | None:
        return "late" if site == "kashflow POST /v2/invoices" and self._random.random() < 0.05 else None


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
        seen = world.container().duplicates.read().found.values()
        found.append({tuple(document.number for document in one.documents) for one in seen})

    report = play(seed, 100, Late(seed), after=watch)
    assert len(planted[0]) > 0
    assert found == planted
    assert any("2 invoices" in wrong for wrong in report.violations)
