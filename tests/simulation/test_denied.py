"""What AWS refuses for good is not tried again for days: the order is parked, or its run ends, within minutes."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from sandbox.retail_order import RetailOrder
from sitecore_kashflow.observability import Metric
from sitecore_kashflow.runs.envelope import Envelope
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.runtime.doors import observed
from tests.simulation.drive import an_order, verdict
from tests.simulation.faults import Chosen
from tests.simulation.scheduler import START
from tests.simulation.world import World

A_QUARTER = timedelta(minutes=15)


class Denied:
    """AWS denies every call to a room, once this call was made."""

    def __init__(self, room: str, after: str = "") -> None:
        self._room, self._after = room, after

    def take(self, site: str) -> str | None:
        if site == self._after:
            self._after = ""
        return "denied" if site.startswith(self._room) and not self._after else None


@pytest.fixture
def world() -> Iterator[World]:
    made = World(1, hooks=())
    yield made
    made.close()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the doors count when they log an error."""
    names: list[str] = []
    monkeypatch.setattr(observed, "count", names.append)
    return names


def hinted(world: World) -> RetailOrder:
    """An order, and a hint about it on the queue."""
    order = an_order(0, 1)
    world.place(order)
    subject = Subject("order", "ordercloud", order.order_id)
    world.enqueue(Envelope(subject, "by hand", "by-hand-1", world.clock(), "by-hand").to_json())
    return order


def test_order_when_a_secret_is_denied_is_parked_at_once_and_resumes(world: World, counted: list[str]) -> None:
    world.faults = Denied("secret")
    order = hinted(world)
    world.run()
    state = world.state(order.order_id)
    assert (state["state"], state["reason_code"]) == ("parked", "AWS_REFUSED")
    assert [run.status for run in world.workflows.executions.values()] == ["RUNNING"]
    assert world.clock() - START < A_QUARTER
    assert Metric.AWS_REFUSED in counted
    world.faults = Chosen()
    world.container().decisions.resume(Subject("order", "ordercloud", order.order_id), world.clock())
    world.run()
    assert verdict(world, {order.order_id: order.total}).violations == []


def test_order_when_not_even_parking_is_allowed_ends_among_the_dead_letters_at_once(
    world: World, counted: list[str]
) -> None:
    world.faults = Denied("ledger", after="workflow StartExecution")
    hinted(world)
    world.run()
    assert [run.status for run in world.workflows.executions.values()] == ["FAILED"]
    assert len(world.workflows.parking_dead_letters) == 1
    assert world.clock() - START < 2 * A_QUARTER
    assert Metric.AWS_REFUSED in counted


def test_hint_when_the_ledger_is_denied_ends_among_the_dead_letters_and_is_told_of_at_once(
    world: World, counted: list[str]
) -> None:
    world.faults = Denied("ledger")
    hinted(world)
    world.run()
    assert len(world.dead_letters) == 1
    assert world.clock() - START < 2 * A_QUARTER
    assert counted[0] == Metric.AWS_REFUSED
