"""Once a day, another look at every order that is not finished: not everything that happens to an order is told."""

from dataclasses import replace
from datetime import datetime, timedelta

from ..canonical.states import OrderState
from ..observability import note
from ..runs.cursors import Cursor, CursorStore
from ..runs.envelope import AGAIN, Envelope
from ..runs.ledger import Ledger
from ..runs.queue import EnvelopeQueue
from ..runs.records import OrderRecord
from .sweep_orders import SHORT_QUEUE

UNFINISHED = (OrderState.RECEIVED, OrderState.OPENED, OrderState.INVOICED)
_EVERY = timedelta(days=1)
_YOUNGEST, _OLDEST = timedelta(hours=1), timedelta(days=365)
_AT_ONCE = 100


def look_again(*, ledger: Ledger, cursors: CursorStore, queue: EnvelopeQueue, now: datetime) -> int:
    """Put the next hundred unfinished orders on the queue, unless new ones wait there; returns how many.

    A payment may not change its order (`sitecore-api.md` 10, row 11), so that the sweep does not see it; and a run may
    have been stopped while nobody was told. Orders that came into their state within the last hour are left to their
    runs, those of more than a year ago to people.
    """
    cursor = cursors.read("AGAIN") or Cursor("AGAIN", since=now - _EVERY)
    if cursor.began_at is None:
        if now < cursor.since + _EVERY:
            return 0
        cursor = replace(cursor, since=now, began_at=now, last_id="")
    if queue.waiting() > SHORT_QUEUE:
        return 0
    found = _next(cursor, ledger, now)
    queue.put_all([_envelope(record, cursor, now) for record in found])
    last = f"{found[-1].state} {found[-1].updated_at}" if found else ""
    cursors.save(replace(cursor, last_id=last, began_at=cursor.began_at if found else None))
    note("AGAIN999", orders=len(found), finished=not found)
    return len(found)


def _next(cursor: Cursor, ledger: Ledger, now: datetime) -> list[OrderRecord]:
    """Where the look has come to is a state, and when the last order came into it."""
    state, _, last = cursor.last_id.partition(" ")
    oldest, youngest = ((now - age).isoformat(timespec="microseconds") for age in (_OLDEST, _YOUNGEST))
    first = UNFINISHED.index(OrderState(state)) if state else 0
    for one in UNFINISHED[first:]:
        after = last if one == state else oldest
        found = [record for record in ledger.orders_after(one, after, _AT_ONCE) if record.updated_at < youngest]
        if found:
            return found
    return []


def _envelope(record: OrderRecord, cursor: Cursor, now: datetime) -> Envelope:
    return Envelope(
        source="ordercloud",
        order_id=record.order_id,
        hint=AGAIN,
        hint_id=f"again|{record.order_id}|{cursor.began_at}",
        received_at=now,
        correlation_id=f"again-{record.order_id}",
    )
