"""What an event brought comes back whole, the newest in force, for subjects that cannot be read again."""

import random
from datetime import timedelta
from typing import Any

import pytest

from sitecore_kashflow.runs.kept_events import Kept, KeptEvents
from sitecore_kashflow.runs.runs import Runs
from sitecore_kashflow.runs.subject import Subject
from tests.unit.doubles import Clock

ORDER, OTHER = Subject("order", "retail", "A-1"), Subject("order", "retail", "A-2")


@pytest.fixture
def events(table: Any) -> KeptEvents:
    return KeptEvents(table)


def test_subject_of_which_nothing_was_kept_has_no_body(events: KeptEvents, table: Any, clock: Clock) -> None:
    Runs(table).note_event(ORDER, clock())
    events.keep(OTHER, Kept(b"of another", 1), clock())
    assert events.newest(ORDER) is None


@pytest.mark.parametrize("body", [b"", b"{}", random.Random(1).randbytes(800_000)], ids=["empty", "small", "huge"])
def test_body_when_kept_comes_back_as_it_was(events: KeptEvents, clock: Clock, body: bytes) -> None:
    assert events.keep(ORDER, Kept(body, 7), clock())
    assert events.newest(ORDER) == Kept(body, 7)


def test_newest_body_is_the_one_in_force_whatever_their_sizes(events: KeptEvents, clock: Clock) -> None:
    for version, body in enumerate((random.Random(2).randbytes(800_000), b"second", b"first", b"second")):
        assert events.keep(ORDER, Kept(body, version), clock())
        assert events.newest(ORDER) == Kept(body, version)


@pytest.mark.parametrize("late", [Kept(b"older", 8), Kept(b"of the same version", 9)])
def test_event_that_is_not_newer_than_what_is_kept_replaces_nothing(
    events: KeptEvents, clock: Clock, late: Kept
) -> None:
    for version in (2, 10, 9):
        events.keep(ORDER, Kept(str(version).encode(), version), clock())
    assert not events.keep(ORDER, late, clock())
    assert events.newest(ORDER) == Kept(b"10", 10)


def test_body_whose_parts_have_expired_is_there_no_more(events: KeptEvents, table: Any, clock: Clock) -> None:
    events.keep(ORDER, Kept(b"{}", 1), clock())
    (part,) = [item for item in table.scan()["Items"] if "body" in item]
    assert int(part["expires_at"]) == int((clock() + timedelta(days=400)).timestamp())
    table.delete_item(Key={"pk": part["pk"], "sk": part["sk"]})
    assert events.newest(ORDER) is None
