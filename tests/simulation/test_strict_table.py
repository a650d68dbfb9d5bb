"""The strict table: late reads, an index behind, small pages, items that expire; and otherwise it is the same table."""

from collections.abc import Callable
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from boto3.dynamodb.conditions import Key

from tests.ledger_scenarios import SCENARIOS, Calls, outcome
from tests.simulation.aws import MemoryAws
from tests.simulation.conditions import STRICT, Conditions
from tests.simulation.dynamo import MemoryTable
from tests.simulation.scheduler import Scheduler
from tests.simulation.strict_table import StrictTable, Time

KEY = {"pk": "A", "sk": "1"}
BY_STATE: dict[str, Any] = {"IndexName": "by_state", "KeyConditionExpression": Key("state").eq("opened")}


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler(1)


def table(scheduler: Scheduler, conditions: Conditions = STRICT) -> StrictTable:
    time = Time(scheduler.clock, scheduler.at, Random(1))
    return StrictTable("LedgerTable", ("pk", "sk"), "expires_at", conditions, time)


def seen(read: Callable[[], Any]) -> set[str]:
    return {str(read().get("Item", {}).get("state")) for _ in range(50)}


def test_read_shows_any_version_of_the_last_second_unless_it_is_consistent(scheduler: Scheduler) -> None:
    strict = table(scheduler)
    for state in ("received", "opened", "paid"):
        strict.put_item(Item=KEY | {"state": state, "updated_at": state})
        scheduler.sleep(0.4)
    assert seen(lambda: strict.get_item(Key=KEY)) == {"received", "opened", "paid"}
    assert seen(lambda: strict.get_item(Key=KEY, ConsistentRead=True)) == {"paid"}
    scheduler.sleep(1)
    assert seen(lambda: strict.get_item(Key=KEY)) == {"paid"}
    strict.delete_item(Key=KEY)
    scheduler.sleep(0.5)
    assert seen(lambda: strict.get_item(Key=KEY)) == {"paid", "None"}


def test_index_trails_its_table(scheduler: Scheduler) -> None:
    strict = table(scheduler)
    strict.put_item(Item=KEY | {"state": "opened", "updated_at": "1"})
    scheduler.sleep(1.5)
    assert {len(strict.query(**BY_STATE)["Items"]) for _ in range(50)} == {0, 1}
    scheduler.sleep(2)
    assert {len(strict.query(**BY_STATE)["Items"]) for _ in range(50)} == {1}


def test_item_stands_for_a_while_after_its_time_and_then_is_gone(scheduler: Scheduler) -> None:
    strict = table(scheduler)
    strict.put_item(Item=KEY | {"expires_at": int(scheduler.now.timestamp()) + 60})
    over: list[bool] = []
    scheduler.at(120, lambda: over.append(True))
    scheduler.run(until=lambda: bool(over))
    assert "Item" in strict.get_item(Key=KEY)
    scheduler.run()
    scheduler.sleep(2)
    assert strict.get_item(Key=KEY) == {}


def test_item_whose_time_was_put_off_stays(scheduler: Scheduler) -> None:
    strict = table(scheduler)
    for left in (60, 9 * 86_400):
        strict.put_item(Item=KEY | {"expires_at": int(scheduler.now.timestamp()) + left})
    over: list[bool] = []
    scheduler.at(4 * 86_400, lambda: over.append(True))
    scheduler.run(until=lambda: bool(over))
    assert "Item" in strict.get_item(Key=KEY)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_table_that_answers_one_item_at_a_time_is_the_same_to_the_bridge(
    scheduler: Scheduler, scenario: Callable[[Any], Calls]
) -> None:
    calm, strict = MemoryTable("LedgerTable", ("pk", "sk")), table(scheduler, Conditions(page_items=1))
    pairs = zip(scenario(_shown(calm)), scenario(_shown(strict)), strict=True)
    for step, (plainly, page_by_page) in enumerate(pairs):
        assert outcome(page_by_page) == outcome(plainly), step
    assert strict.items == calm.items


def _shown(memory: MemoryTable) -> Any:
    ground: Any = SimpleNamespace(tables={memory.name: memory}, call=lambda _, effect, *__, **___: effect())
    return MemoryAws(ground).resource("dynamodb").Table(memory.name)
