"""A posted body becomes an envelope on the queue of its subject's kind, or is turned away with a reason."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..errors import PermanentError
from ..observability import LogCode, Metric, count, note
from ..runs.envelope import MAX_HINT_LENGTH, Envelope
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
    """The answer to the sender: an HTTP status and a small JSON body."""

    status: int
    body: dict[str, Any]


def accept_event(post: Post, *, front_door: FrontDoor, queues: Queues, now: datetime) -> Reply:
    """Verify, classify, enqueue. Raises `RetryableError` if the queue does not accept the envelope.

    Every authentic JSON object is answered with what its shop takes for success, whether it concerns us or not.
    """
    count(Metric.EVENTS_RECEIVED)
    try:
        body = _read_body(post, front_door)
    except _RejectedError as rejection:
        return _reject(rejection)
    recognised = front_door.recognise(body)
    if recognised.hint is None:
        code = LogCode.EVENT_UNREADABLE if recognised.is_unreadable else LogCode.EVENT_IGNORED
        return _ignore(code, recognised.shape, front_door)
    try:
        envelope = _envelope(recognised.hint, front_door.source, post.correlation_id, now)
    except ValueError:
        return _ignore(LogCode.EVENT_UNREADABLE, recognised.shape, front_door)
    if recognised.hint.whole is not None:
        _keep(recognised.hint.whole, envelope, front_door)
    queues(envelope.subject.kind).put(envelope)
    note(LogCode.EVENT_QUEUED, subject=envelope.subject.key, hint=envelope.hint)
    return _accepted(front_door)


class _RejectedError(Exception):
    """A body that is not taken; said to the sender as HTTP status, error code and words."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status, self.code, self.words = status, code, words


def _read_body(post: Post, front_door: FrontDoor) -> dict[str, Any]:
    if len(post.raw) > front_door.max_bytes:
        raise _RejectedError(413, "TOO_LARGE", f"The body has more than {front_door.max_bytes} bytes.")
    if not post.signature or not front_door.is_authentic(post.raw, post.signature):
        raise _RejectedError(401, "Unauthorized", "The signature does not match the body.")
    try:
        body = json.loads(post.raw, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise _RejectedError(400, "NOT_JSON", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise _RejectedError(400, "NOT_AN_OBJECT", "The body is not a JSON object.")
    return body


def _envelope(hint: Hint, source: str, correlation_id: str, now: datetime) -> Envelope:
    return Envelope(
        subject=Subject(hint.kind, source, hint.subject_id),
        hint=hint.what[:MAX_HINT_LENGTH],
        hint_id=hint.hint_id or f"arrived|{correlation_id}",
        received_at=now,
        correlation_id=correlation_id,
    )


def _keep(whole: Kept, envelope: Envelope, front_door: FrontDoor) -> None:
    """Keep a body that cannot be read again, before its envelope is sent."""
    if front_door.kept_events is None:
        raise PermanentError("NOTHING_KEEPS_EVENTS", f"The front door of {front_door.source} keeps no events.")
    front_door.kept_events.keep(envelope.subject, whole, envelope.received_at)


def _ignore(code: LogCode, shape: str, front_door: FrontDoor) -> Reply:
    """Accept what leads to nothing: an error might make the sender repeat it, or stop sending."""
    count(Metric.EVENTS_IGNORED)
    note(code, shape=shape)
    return _accepted(front_door)


def _accepted(front_door: FrontDoor) -> Reply:
    return Reply(200, dict(front_door.accepted))


def _reject(rejection: _RejectedError) -> Reply:
    count(Metric.EVENTS_REJECTED)
    note(LogCode.EVENT_REJECTED, status=rejection.status, reason=rejection.code)
    return Reply(rejection.status, {"Errors": [{"ErrorCode": rejection.code, "Message": rejection.words}]})
