"""Orders that changed lately, whether a webhook told us or not; and orders of a stretch of the past."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ..observability import note
from ..runs.cursors import Cursor, CursorStore
from ..runs.envelope import Envelope
from ..runs.queue import EnvelopeQueue
from ..shops.ordercloud.client import OrdercloudClient
from ..shops.ordercloud.wire import Order

LIVE, BACKFILL = "LIVE", "BACKFILL"
_FIRST_LOOK = timedelta(days=2)
_OVERLAP = timedelta(hours=1)
_MOST_PAGES = 40
SHORT_QUEUE = 20
"""So few envelopes say that new orders do not wait."""

Filters = Mapping[str, str | Sequence[str]]


def sweep_orders(*, cursors: CursorStore, shop: OrdercloudClient, queue: EnvelopeQueue, now: datetime) -> int:
    """Put every order that changed since the last look on the queue; returns how many.

    Looks overlap by an hour, because lists lag behind writes (`sitecore-api.md` 2.2) and clocks differ; an order
    that has not changed since is dropped by its hint id. A look that was cut off goes on where it stopped.
    """
    cursor = cursors.read(LIVE) or Cursor(LIVE, since=now - _FIRST_LOOK)
    filters = {"IsSubmitted": "true", "LastUpdated": f">{_zulu(cursor.since - _OVERLAP)}"}
    cursor, found, is_done = _look(
        replace(cursor, began_at=cursor.began_at or now),
        filters,
        lambda order: f"sweep|{order.id}|{order.last_updated}",
        _MOST_PAGES,
        cursors=cursors,
        shop=shop,
        queue=queue,
        now=now,
    )
    if is_done and cursor.began_at:
        cursors.save(replace(cursor, since=cursor.began_at, last_id="", began_at=None))
    note("SWEEP999", orders=found, finished=is_done)
    return found


def begin_backfill(since: datetime, until: datetime, *, cursors: CursorStore, now: datetime) -> None:
    """Let the sweeps from now on bring in the orders submitted between two moments, beside the new ones."""
    earlier = cursors.read(BACKFILL)
    revision = earlier.revision if earlier else 0
    cursors.save(Cursor(BACKFILL, since=since, until=until, began_at=now, revision=revision))


def go_on_with_backfill(*, cursors: CursorStore, shop: OrdercloudClient, queue: EnvelopeQueue, now: datetime) -> int:
    """One page of the backfill under way, if there is one and new orders are not waiting; returns how many orders."""
    cursor = cursors.read(BACKFILL)
    if cursor is None or cursor.began_at is None or cursor.until is None or queue.waiting() > SHORT_QUEUE:
        return 0
    bounds = (f"!<{_zulu(cursor.since)}", f"<{_zulu(cursor.until)}")
    mark = f"backfill|{_zulu(cursor.began_at)}"
    cursor, found, is_done = _look(
        cursor,
        {"IsSubmitted": "true", "DateSubmitted": bounds},
        lambda order: f"{mark}|{order.id}",
        1,
        cursors=cursors,
        shop=shop,
        queue=queue,
        now=now,
    )
    if is_done:
        cursors.save(replace(cursor, began_at=None, last_id=""))
    note("BACKFILL999", orders=found, finished=is_done)
    return found


def _look(
    cursor: Cursor,
    filters: Filters,
    hint_id: Callable[[Order], str],
    pages: int,
    *,
    cursors: CursorStore,
    shop: OrdercloudClient,
    queue: EnvelopeQueue,
    now: datetime,
) -> tuple[Cursor, int, bool]:
    """Some pages on, by id: rows that shift between two calls are neither missed nor seen twice.

    The cursor moves only after a page's envelopes are on the queue.
    """
    found = 0
    for _ in range(pages):
        orders = shop.orders_after(cursor.last_id, filters)
        queue.put_all([_envelope(order, hint_id(order), cursor, now) for order in orders])
        found += len(orders)
        if not orders:
            return cursor, found, True
        cursor = cursors.save(replace(cursor, last_id=orders[-1].id))
    return cursor, found, False


def _envelope(order: Order, hint_id: str, cursor: Cursor, now: datetime) -> Envelope:
    return Envelope(
        source="ordercloud",
        order_id=order.id,
        hint=cursor.name.lower(),
        hint_id=hint_id,
        received_at=now,
        correlation_id=f"{cursor.name.lower()}-{order.id}",
    )


def _zulu(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
