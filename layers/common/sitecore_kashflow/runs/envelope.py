"""The message on our queues: a hint that something may have happened to a subject. It has no content."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..errors import PermanentError
from .subject import Subject

BACKFILL, AGAIN = "backfill", "again"
_VERSION = 1
_TEXTS = ("kind", "source", "id", "hint", "hint_id", "received_at", "correlation_id")
MAX_HINT_LENGTH = 200


@dataclass(frozen=True)
class Envelope:
    """`hint_id` is the same for the same event, so that repeats are recognised early. `received_at` is aware UTC."""

    subject: Subject
    hint: str
    hint_id: str
    received_at: datetime
    correlation_id: str

    @property
    def is_backfill(self) -> bool:
        """Whether this is background work, which lets new subjects go first."""
        return self.hint in (BACKFILL, AGAIN)

    @property
    def is_asked_for(self) -> bool:
        """Whether a person asked for this subject of the past."""
        return self.hint == BACKFILL

    @property
    def queue(self) -> str:
        """The queue that it belongs on: background work has one of its own."""
        return BACKFILL if self.is_backfill else self.subject.kind

    def to_json(self) -> str:
        """One line of JSON, version 1."""
        return json.dumps(self.to_fields())

    def to_fields(self) -> dict[str, Any]:
        """Its fields as plain values."""
        return {
            "version": _VERSION,
            "kind": self.subject.kind,
            "source": self.subject.source,
            "id": self.subject.id,
            "hint": self.hint,
            "hint_id": self.hint_id,
            "received_at": self.received_at.astimezone(UTC).isoformat(),
            "correlation_id": self.correlation_id,
        }


def read_envelope(text: str) -> Envelope:
    """The envelope in a message. Raises `PermanentError` if there is none, without quoting the message."""
    try:
        return envelope_of(json.loads(text))
    except (ValueError, RecursionError):
        raise PermanentError("UNREADABLE", "The message is not JSON, or not a valid envelope.") from None


def envelope_of(fields: Any) -> Envelope:
    """The envelope with these fields. Raises `PermanentError` naming those that cannot be read."""
    if not isinstance(fields, dict):
        raise PermanentError("UNREADABLE", "The message is not an envelope.")
    known = {"version", *_TEXTS}
    wrong = [name for name in sorted(known | set(fields)) if name not in fields or name not in known]
    wrong += [name for name in _TEXTS if name in fields and not isinstance(fields[name], str)]
    wrong += ["version"] if fields.get("version", _VERSION) != _VERSION else []
    if wrong:
        names = ", ".join("?" if name not in known else name for name in wrong[:5])
        raise PermanentError("UNREADABLE", f"The envelope has fields that cannot be read: {names}.")
    received_at = datetime.fromisoformat(fields["received_at"])
    if received_at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return Envelope(
        subject=Subject(fields["kind"], fields["source"], fields["id"]),
        hint=fields["hint"],
        hint_id=fields["hint_id"],
        received_at=received_at,
        correlation_id=fields["correlation_id"],
    )
