"""The message on the queues: it comes back as it was sent, and a wrong one is named without being quoted."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.runs.envelope import AGAIN, BACKFILL, Envelope, envelope_of, read_envelope
from sitecore_kashflow.runs.subject import Subject

WORDS = st.from_regex(r"[a-z][a-z_]{0,15}", fullmatch=True)
IDS = st.from_regex(r"[^\s#:]{1,100}", fullmatch=True)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001 -- the zone is drawn
ENVELOPES = st.builds(
    Envelope,
    subject=st.builds(Subject, WORDS, WORDS, IDS),
    hint=st.text(max_size=200),
    hint_id=st.text(max_size=64),
    received_at=MOMENTS,
    correlation_id=st.text(max_size=64),
)
SENT = Envelope(
    Subject("order", "ordercloud", "SO-1001"),
    hint="OrderSubmitted",
    hint_id="0b1c2d3e",
    received_at=datetime(2026, 11, 21, 9, 0, 2, tzinfo=UTC),
    correlation_id="corr-1",
)
FIELDS = SENT.to_fields()
SECRET = "jane@acme.example"


def refusal(text: str) -> PermanentError:
    with pytest.raises(PermanentError) as refused:
        read_envelope(text)
    return refused.value


def named(fields: Any) -> list[str]:
    """The fields that the refusal of an envelope names."""
    error = refusal(json.dumps(fields))
    assert error.code == "UNREADABLE"
    assert SECRET not in str(error)
    return error.words.removesuffix(".").rpartition(": ")[2].split(", ")


@given(envelope=ENVELOPES)
def test_an_envelope_comes_back_as_it_was_sent(envelope: Envelope) -> None:
    assert read_envelope(envelope.to_json()) == envelope
    assert envelope_of(envelope.to_fields()) == envelope
    assert "\n" not in envelope.to_json()


def test_an_envelope_is_flat_and_says_its_version() -> None:
    assert FIELDS == {
        "version": 1,
        "kind": "order",
        "source": "ordercloud",
        "id": "SO-1001",
        "hint": "OrderSubmitted",
        "hint_id": "0b1c2d3e",
        "received_at": "2026-11-21T09:00:02+00:00",
        "correlation_id": "corr-1",
    }


@given(moment=MOMENTS)
def test_a_moment_is_sent_in_utc_wherever_it_was_taken(moment: datetime) -> None:
    sent = Envelope(SENT.subject, "h", "i", moment, "c").to_fields()["received_at"]
    assert sent.endswith("+00:00")
    assert datetime.fromisoformat(sent) == moment


def test_a_moment_may_end_in_z() -> None:
    by_hand = FIELDS | {"received_at": "2026-11-21T09:00:02Z"}
    assert read_envelope(json.dumps(by_hand)) == SENT


@pytest.mark.parametrize(("hint", "is_asked_for"), [(BACKFILL, True), (AGAIN, False), ("OrderSubmitted", False)])
def test_only_a_backfill_asks_for_the_past(hint: str, is_asked_for: bool) -> None:
    assert Envelope(SENT.subject, hint, "i", SENT.received_at, "c").is_asked_for is is_asked_for


@pytest.mark.parametrize(("hint", "is_backfill"), [(BACKFILL, True), (AGAIN, True), ("OrderSubmitted", False)])
def test_the_past_gives_way_to_new_orders(hint: str, is_backfill: bool) -> None:
    assert Envelope(SENT.subject, hint, "i", SENT.received_at, "c").is_backfill is is_backfill


@pytest.mark.parametrize("name", FIELDS)
def test_a_missing_field_is_named(name: str) -> None:
    assert named({key: value for key, value in FIELDS.items() if key != name}) == [name]


@pytest.mark.parametrize("name", [name for name in FIELDS if name != "version"])
@pytest.mark.parametrize("wrong", [None, 7, True, [SECRET], {"ID": SECRET}])
def test_a_field_that_is_no_text_is_named_and_not_quoted(name: str, wrong: Any) -> None:
    assert named(FIELDS | {name: wrong}) == [name]


@pytest.mark.parametrize("version", [0, 2, "1", None, [SECRET]])
def test_an_envelope_of_another_version_is_refused(version: Any) -> None:
    assert named(FIELDS | {"version": version}) == ["version"]


def test_a_foreign_field_is_counted_but_neither_it_nor_its_content_is_quoted() -> None:
    assert named(FIELDS | {SECRET: SECRET}) == ["?"]
    assert named(FIELDS | {"email": SECRET, "hint": 7}) == ["?", "hint"]


def test_several_wrong_fields_are_named_together() -> None:
    assert named({"version": 1, "kind": "order", "id": SECRET, "hint": "h"}) == [
        "correlation_id",
        "hint_id",
        "received_at",
        "source",
    ]


def test_an_envelope_of_an_earlier_shape_is_refused_by_its_fields() -> None:
    earlier = {"version": 1, "source": "ordercloud", "order_id": "SO-1", "hint": "h", "hint_id": "i"}
    names = named(earlier | {"received_at": "2026-11-21T09:00:02Z", "correlation_id": "c"})
    assert sorted(names) == ["?", "id", "kind"]


@given(extra=st.dictionaries(st.text(min_size=1, max_size=20).filter(lambda name: name not in FIELDS), st.text()))
def test_whatever_else_a_message_brings_it_is_no_envelope(extra: dict[str, str]) -> None:
    text = json.dumps(FIELDS | extra)
    if not extra:
        assert read_envelope(text) == SENT
        return
    error = refusal(text)
    assert error.words == (
        "The envelope has fields that cannot be read: " + ", ".join(["?"] * min(len(extra), 5)) + "."
    )


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("id", f"{SECRET} 1"),
        ("id", f"{SECRET}#1"),
        ("id", ""),
        ("id", "x" * 101),
        ("kind", "Order"),
        ("kind", ""),
        ("source", "order:cloud"),
        ("received_at", SECRET),
        ("received_at", ""),
        ("received_at", "2026-11-21T09:00:02"),
    ],
)
def test_a_text_that_says_nothing_readable_is_refused_and_not_quoted(name: str, wrong: str) -> None:
    error = refusal(json.dumps(FIELDS | {name: wrong}))
    assert error.code == "UNREADABLE"
    assert SECRET not in str(error)


@pytest.mark.parametrize(
    "text", ["", SECRET, "{", json.dumps([FIELDS]), json.dumps(SECRET), "null", "7", "[" * 100_000, "1" * 5000]
)
def test_a_message_that_is_no_envelope_at_all_is_refused_and_not_quoted(text: str) -> None:
    error = refusal(text)
    assert error.code == "UNREADABLE"
    assert SECRET not in str(error)
