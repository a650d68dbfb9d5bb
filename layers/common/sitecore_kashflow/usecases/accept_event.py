"""A posted body becomes an envelope on the queue of its subject's kind, or is turned away with a reason."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..errors import PermanentError
from ..observability import LogCode, Metric, count, note
from ..runs.envelope import LONGEST_HINT, Envelope
from ..runs.kept_events import Kept
from ..runs.queue import Queues
from ..runs.subject import Subject
from ..shops.front_door import FrontDoor, Hint


@dataclass(frozen=True)
class Post:
    """What arrived: the raw bytes, the signature sent with them, and the id of the request."""

    raw: bytes
    signature: str
    correlation_id: str


@dataclass(frozen=True)
class Reply:
    """What the sender is answered: an HTTP status and a small JSON body."""

    status: int
    body: dict[str, Any]


def accept_event(post: Post, *, front_door: FrontDoor, queues: Queues, now: datetime) -> Reply:
    """Verify, classify, enqueue. Raises `RetryableError` if the queue does not take the envelope.

    Every body that can be read is answered with what the shop takes for a success, whether it concerns us or not.
    """
    count(Metric.EVENTS_RECEIVED)
    if len(post.raw) > front_door.most_bytes:
        return _turn_away(413, "TOO_LARGE", f"The body has more than {front_door.most_bytes} bytes.")
    if not post.signature or not front_door.is_authentic(post.raw, post.signature):
        return _turn_away(401, "Unauthorized", "The signature does not match the body.")
    try:
        body = json.loads(post.raw, parse_float=Decimal)
    except (ValueError, RecursionError):
        return _turn_away(400, "NOT_JSON", "The body is not JSON.")
    if not isinstance(body, dict):
        return _turn_away(400, "NOT_AN_OBJECT", "The body is not a JSON object.")
    recognised = front_door.recognise(body)
    if recognised.hint is None:
        return _ignore(recognised.shape, front_door)
    try:
        envelope = _envelope(recognised.hint, front_door.source, post.correlation_id, now)
    except ValueError:
        return _ignore("id outside the shop's alphabet", front_door)
    if recognised.hint.whole is not None:
        _keep(recognised.hint.whole, envelope, front_door)
    queues(envelope.subject.kind).put(envelope)
    note(LogCode.EVENT_QUEUED, subject=envelope.subject.key, hint=envelope.hint)
    return _accepted(front_door)


def _envelope(hint: Hint, source: str, correlation_id: str, now: datetime) -> Envelope:
    return Envelope(
        subject=Subject(hint.kind, source, hint.subject_id),
        hint=hint.what[:LONGEST_HINT],
        hint_id=hint.hint_id,
        received_at=now,
        correlation_id=correlation_id,
    )


def _keep(whole: Kept, envelope: Envelope, front_door: FrontDoor) -> None:
    """What cannot be read again is kept before its envelope is sent."""
    if front_door.kept_events is None:
        raise PermanentError("NOTHING_KEEPS_EVENTS", f"The front door of {front_door.source} keeps no events.")
    front_door.kept_events.keep(envelope.subject, whole, envelope.received_at)


def _ignore(shape: str, front_door: FrontDoor) -> Reply:
    """Not for the books. Answered well, because an error may make the sender repeat it or give up on us."""
    count(Metric.EVENTS_IGNORED)
    note(LogCode.EVENT_IGNORED, shape=shape)
    return _accepted(front_door)


def _accepted(front_door: FrontDoor) -> Reply:
    return Reply(200, dict(front_door.accepted))


def _turn_away(status: int, code: str, words: str) -> Reply:
    count(Metric.EVENTS_REJECTED)
    note(LogCode.EVENT_REJECTED, status=status, reason=code)
    return Reply(status, {"Errors": [{"ErrorCode": code, "Message": words}]})
