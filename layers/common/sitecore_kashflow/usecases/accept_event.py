"""A posted body becomes an envelope on the order queue, or is turned away with a reason."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from ..observability import Metric, count, note
from ..runs.envelope import Envelope
from ..runs.queue import EnvelopeQueue
from ..shops.ordercloud.events import recognise
from ..shops.ordercloud.signature import is_signed


@dataclass(frozen=True)
class Reply:
    """What the sender is answered: an HTTP status and a small JSON body."""

    status: int
    body: dict[str, Any]


def accept_event(
    *,
    raw: bytes,
    sent_signature: str,
    hash_keys: Iterable[str],
    largest: int,
    queue: EnvelopeQueue,
    now: datetime,
    correlation_id: str,
) -> Reply:
    """Verify, classify, enqueue. Raises `RetryableError` if the queue does not take the envelope.

    Every recognised body is answered with what a pre-hook and an integration event need to let the
    shopper go on (`sitecore-api.md` 9.2); a post-hook ignores it.
    """
    count(Metric.EVENTS_RECEIVED)
    if len(raw) > largest:
        return _turned_away(413, "TOO_LARGE", f"The body has more than {largest} bytes.")
    if not sent_signature or not is_signed(raw, sent_signature, hash_keys):
        return _turned_away(401, "Unauthorized", "X-oc-hash header does not match the body.")
    try:
        body = json.loads(raw, parse_float=Decimal)
    except (ValueError, RecursionError):
        return _turned_away(400, "NOT_JSON", "The body is not JSON.")
    if not isinstance(body, dict):
        return _turned_away(400, "NOT_AN_OBJECT", "The body is not a JSON object.")
    recognised = recognise(body)
    if recognised.order is None:
        return _ignored(recognised.shape)
    try:
        envelope = Envelope(
            source="ordercloud",
            order_id=recognised.order.order_id,
            hint=recognised.order.hint[:200],
            hint_id=recognised.order.hint_id,
            received_at=now,
            correlation_id=correlation_id,
        )
    except ValidationError:
        return _ignored("order id outside OrderCloud's alphabet")
    queue.put(envelope)
    note("EVENT999", order_key=envelope.order_key, hint=envelope.hint)
    return Reply(200, {"proceed": True, "Succeeded": True, "xp": {}})


def _ignored(shape: str) -> Reply:
    """Not for the books. Answered well, because an error may make the sender repeat it or give up on us."""
    count(Metric.EVENTS_IGNORED)
    note("EVENT010", shape=shape)
    return Reply(200, {"proceed": True, "Succeeded": True, "xp": {}})


def _turned_away(status: int, code: str, words: str) -> Reply:
    count(Metric.EVENTS_REJECTED)
    note("EVENT400", status=status, code=code)
    return Reply(status, {"Errors": [{"ErrorCode": code, "Message": words}]})
