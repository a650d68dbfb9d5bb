"""Values too large for one item: whole, or not there."""

from random import Random
from typing import Any

from sitecore_kashflow.tables.items import Items
from sitecore_kashflow.tables.parts import PART_BYTES, read_parts, write_parts
from tests.simulation.dynamo import MemoryTable
from tests.unit.doubles import Clock

LARGE = Random(1).randbytes(2 * PART_BYTES + 1)


def test_value_of_several_parts_comes_back_and_is_not_there_once_any_part_is_gone(clock: Clock) -> None:
    table: Any = MemoryTable("LedgerTable", ("pk", "sk"))
    items = Items(table)
    parts = write_parts(items.put, "ORDER#1", "SNAPSHOT", LARGE, clock())
    assert (parts.count, read_parts(items, parts)) == (3, LARGE)
    for number in range(parts.count):
        kept = items.read(parts.key(number)) or {}
        table.delete_item(Key=parts.key(number))
        assert read_parts(items, parts) is None, number
        items.put(kept)
    assert read_parts(items, parts) == LARGE
