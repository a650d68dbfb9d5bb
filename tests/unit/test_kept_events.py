"""What an event brought comes back whole, the newest in force, for subjects that cannot be read again."""

import random
from datetime import timedelta
from typing import Any

import pytest

from sitecore_kashflow.runs.kept_events import KeptEvents
from sitecore_kashflow.runs.runs import Runs
from sitecore_kashflow.runs.subject import Subject
from tests.unit.doubles import Clock

ORDER, OTHER = Subject("order", "retail", "A-1"), Subject("order", "retail", "A-2")


@pytest.fixture
def events(table: Any) -> KeptEvents:
    return KeptEvents(table)


def test_subject_of_which_nothing_was_kept_has_no_body(events: KeptEvents, table: Any, clock: Clock) -> None:
    Runs(table).note_event(ORDER, clock())
    events.keep(OTHER, b"of another", clock())
    assert events.newest(ORDER) is None


@pytest.mark.parametrize("body", [b"", b"{}", random.Random(1).randbytes(800_000)], ids=["empty", "small", "huge"])
def test_body_when_kept_comes_back_as_it_was(events: KeptEvents, clock: Clock, body: bytes) -> None:
    events.keep(ORDER, body, clock())
    assert events.newest(ORDER) == body


def test_newest_body_is_the_one_in_force_whatever_their_sizes(events: KeptEvents, clock: Clock) -> None:
    for body in (random.Random(2).randbytes(800_000), b"second", b"first", b"second"):
        events.keep(ORDER, body, clock())
        assert events.newest(ORDER) == body


def test_body_whose_parts_have_expired_is_there_no_more(events: KeptEvents, table: Any, clock: Clock) -> None:
    events.keep(ORDER, b"{}", clock())
    (part,) = [item for item in table.scan()["Items"] if "body" in item]
    assert int(part["expires_at"]) == int((clock() + timedelta(days=400)).timestamp())
    table.delete_item(Key={"pk": part["pk"], "sk": part["sk"]})
    assert events.newest(ORDER) is None
