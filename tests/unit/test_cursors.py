"""How far a look has come: saved by one worker at a time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sitecore_kashflow.errors import RetryableError
from sitecore_kashflow.runs.cursors import Cursor, CursorStore
from tests.simulation.dynamo import MemoryTable
from tests.unit.doubles import Clock


@pytest.fixture
def store() -> CursorStore:
    table: Any = MemoryTable("LedgerTable", ("pk", "sk"))
    return CursorStore(table)


def test_cursor_comes_back_as_it_was_saved(store: CursorStore, clock: Clock) -> None:
    assert store.read("LIVE") is None
    saved = store.save(Cursor("LIVE", since=clock()))
    assert store.read("LIVE") == saved
    saved = store.save(replace(saved, until=clock() + timedelta(days=1), last_id="SO-7", began_at=clock()))
    assert store.read("LIVE") == saved
    assert store.read("BACKFILL") is None


def test_cursor_that_two_workers_have_read_is_moved_by_the_first_alone(store: CursorStore, clock: Clock) -> None:
    read = store.save(Cursor("LIVE", since=clock()))
    moved = store.save(replace(read, last_id="SO-100"))
    with pytest.raises(RetryableError) as refused:
        store.save(replace(read, last_id="SO-050"))
    assert refused.value.code == "SWEEP_UNDER_WAY"
    assert store.read("LIVE") == moved
