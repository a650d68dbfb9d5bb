"""What an order waits for is written down by the step that fails, listed, measured, and forgotten when it goes on."""

from datetime import datetime, timedelta

import pytest

from sandbox.retail_order import RetailOrder
from sitecore_kashflow.runs.records import SubjectRecord
from sitecore_kashflow.usecases.list_unfinished import list_unfinished
from tests.simulation.calls import TOLD_ONCE
from tests.simulation.drive import an_order
from tests.simulation.faults import Chosen
from tests.simulation.walker import DONE, Outcome
from tests.simulation.world import World


class Troubled:
    """All calls of the bridge whose names begin so fail in this way."""

    def __init__(self, system: str, kind: str) -> None:
        self._system, self._kind = system, kind

    def take(self, site: str) -> str | None:
        return self._kind if site.startswith(self._system) else None


def waited(world: World, order: RetailOrder, seconds: float) -> list[SubjectRecord]:
    """What is listed so long after an order was placed."""
    world.place(order)
    due: list[bool] = []
    world.scheduler.at(seconds, lambda: due.append(True))
    world.scheduler.run(until=lambda: bool(due))
    return list(list_unfinished(runs=world.container().runs))


def swept(world: World) -> dict[str, int]:
    told: list[Outcome] = []
    world.functions.invoke("sweep_orders", {}, told.append)
    world.scheduler.run(until=lambda: bool(told))
    assert told[0][0] == DONE
    answer: dict[str, int] = told[0][1]
    return answer


@pytest.mark.parametrize(
    ("system", "kind", "state", "code", "words"),
    [
        ("kashflow", "paused", "opened", "RATE_LIMITED", "KashFlow asks for a pause"),
        ("kashflow", "refused", "opened", "NOT_REACHABLE", "KashFlow was not reached"),
        ("kashflow POST /v2/invoices", "lost", "opened", "OUTCOME_UNKNOWN", "no sound answer to POST /invoices"),
        ("ordercloud", "refused", "received", "NOT_REACHABLE", "OrderCloud was not reached"),
        ("ordercloud PATCH", "refused", "paid", "NOT_REACHABLE", "OrderCloud was not reached"),
    ],
)
def test_order_whose_step_keeps_failing_says_since_when_and_what_it_waits_for(
    system: str, kind: str, state: str, code: str, words: str
) -> None:
    world, order = World(1, hooks=TOLD_ONCE), an_order(0, 1)
    world.faults = Troubled(system, kind)
    (found,) = waited(world, order, 60 if kind == "lost" else 7200)
    assert (found.subject.id, found.state, found.wait.code) == (order.order_id, state, code)
    assert words in found.wait.words
    assert world.clock() - datetime.fromisoformat(found.wait.since) > timedelta(seconds=40 if kind == "lost" else 7000)
    assert swept(world)["waiting"] == 1
    world.faults = Chosen()
    world.run()
    assert list(list_unfinished(runs=world.container().runs)) == []
    assert swept(world)["waiting"] == 0
    world.close()


def test_order_that_is_parked_after_it_has_waited_waits_for_a_person_alone() -> None:
    world, order = World(1), an_order(0, 1)
    world.kashflow.switches.put({"invoice_limit": "reached"})
    world.faults = Chosen({"kashflow POST /v2/customers": "refused"})
    (found,) = waited(world, order, 600)
    assert (found.state, found.parking.code, found.wait.since) == ("parked", "KASHFLOW_REFUSED", "")
    assert swept(world)["waiting"] == 0
    world.close()


def test_order_whose_report_has_failed_waits_no_longer_once_its_run_has_ended() -> None:
    """Nothing else looks at it in between: no sweep, and no event but the first."""
    world, order = World(1, hooks=TOLD_ONCE[:1]), an_order(0, 1)
    world.faults = Troubled("ordercloud PATCH", "refused")
    assert len(waited(world, order, 600)) == 1
    world.faults = Chosen()
    world.run()
    assert list(list_unfinished(runs=world.container().runs)) == []
    world.close()


def test_calm_order_writes_nothing_about_waiting() -> None:
    world, order = World(1), an_order(0, 1)
    world.place(order)
    world.run()
    assert not [name for name in world.state(order.order_id) if name.startswith("wait")]
    world.close()


def test_sweep_that_a_system_cuts_short_ends_well_and_says_so() -> None:
    world = World(1)
    world.faults = Troubled("ordercloud", "refused")
    assert swept(world)["cut_short"] == 2  # the orders and the returns
    world.faults = Chosen()
    assert swept(world)["cut_short"] == 0
    world.close()
