"""Sweeps for orders that changed recently, whether or not an event announced it, and the backfill of past orders."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..errors import PermanentError
from ..observability import LogCode, note
from ..runs.cursors import Cursor, CursorStore
from ..runs.envelope import BACKFILL, Envelope
from ..runs.queue import EnvelopeQueue
from ..runs.subject import Subject
from ..shops.shop import ListedOrder, Lists

_FIRST_LOOK = timedelta(days=2)
_OVERLAP = timedelta(hours=1)  # OC-26
_MAX_PAGES = 40
MOST_WAITING = 5000
"""A backfill puts no further page on its queue beyond so many: they are served long before SQS would drop them."""


@dataclass(frozen=True)
class _Scan:
    """One scan of a shop's list: the queue for its orders, how to read the page after an id, and an order's hint id."""

    hint: str
    queue: EnvelopeQueue
    page_after: Callable[[str], Sequence[ListedOrder]]
    hint_id: Callable[[ListedOrder], str]
    max_pages: int


@dataclass(frozen=True)
class Sweep:
    """Scans the orders of one shop (`source`)."""

    source: str
    lists: Lists
    cursors: CursorStore
    queue: EnvelopeQueue
    past_queue: EnvelopeQueue

    def enqueue_changes(self, now: datetime) -> int:
        """Put every order that changed since the last scan on the queue; returns how many."""
        return self._enqueue(f"LIVE#{self.source}", self.lists(self.source).changed_since, now)

    def enqueue_returns(self, now: datetime) -> int:
        """The same for every return that changed."""
        return self._enqueue(f"RETURNS#{self.source}", self.lists(self.source).returns_changed_since, now)

    def _enqueue(self, name: str, page_since: Callable[[datetime, str], Sequence[ListedOrder]], now: datetime) -> int:
        """Scan what changed since the last scan of this name.

        Scans overlap by an hour, because lists lag behind writes (OC-26) and clocks differ; the hint id drops an order
        that has not changed since, where the list says so. A scan that was cut short continues where it stopped.
        """
        cursor = self.cursors.read(name) or Cursor(name, since=now - _FIRST_LOOK)
        since = cursor.since - _OVERLAP
        scan = _Scan(
            hint="live",
            queue=self.queue,
            page_after=lambda last_id: page_since(since, last_id),
            hint_id=lambda order: f"sweep|{order.id}|{order.version or now.isoformat()}",
            max_pages=_MAX_PAGES,
        )
        cursor, found, is_done = self._continue(replace(cursor, began_at=cursor.began_at or now), scan, now)
        if is_done and cursor.began_at:
            self.cursors.save(replace(cursor, since=cursor.began_at, last_id="", began_at=None, found=0))
        note(LogCode.SWEEP_DONE, orders=found, finished=is_done)
        return found

    def continue_backfill(self, now: datetime) -> int:
        """Put the backfill's next pages on its queue, unless that is long already; returns how many orders."""
        cursor = self.cursors.read(_past(self.source))
        if cursor is None or cursor.began_at is None or cursor.until is None:
            return 0
        first, last, began_at, shop = cursor.since, cursor.until, cursor.began_at, self.lists(self.source)
        scan = _Scan(
            hint=BACKFILL,
            queue=self.past_queue,
            page_after=lambda last_id: shop.placed_between(first, last, last_id),
            hint_id=lambda order: f"backfill|{began_at.isoformat()}|{order.id}",
            max_pages=_MAX_PAGES if self.past_queue.waiting() < MOST_WAITING else 0,
        )
        cursor, found, is_done = self._continue(cursor, scan, now)
        if is_done:
            self.cursors.save(replace(cursor, began_at=None))
        note(LogCode.BACKFILL_DONE, orders=found, finished=is_done)
        return found

    def _continue(self, cursor: Cursor, scan: _Scan, now: datetime) -> tuple[Cursor, int, bool]:
        """Scan some more pages, by id: rows that shift between two calls are neither missed nor seen twice.

        The cursor moves only after a page's envelopes are on the queue.
        """
        found = 0
        for _ in range(scan.max_pages):
            orders = scan.page_after(cursor.last_id)
            scan.queue.put_all(list(self._envelopes(orders, scan, now)))
            found += len(orders)
            if not orders:
                return cursor, found, True
            cursor = self.cursors.save(
                replace(cursor, last_id=orders[-1].place or orders[-1].id, found=cursor.found + len(orders))
            )
        return cursor, found, False

    def _envelopes(self, orders: Sequence[ListedOrder], scan: _Scan, now: datetime) -> Iterator[Envelope]:
        """One for each order, leaving out ids that no order of ours can have: they must not stop the others."""
        for order in orders:
            try:
                subject = Subject("order", self.source, order.id)
            except ValueError:
                note(LogCode.ROWS_UNREADABLE, rows=1)
                continue
            yield Envelope(
                subject=subject,
                hint=scan.hint,
                hint_id=scan.hint_id(order),
                received_at=now,
                correlation_id=f"{scan.hint}-{order.id}",
            )


@dataclass(frozen=True)
class BackfillStatus:
    """The last backfill of a shop: orders submitted from `since` to before `until`, in order of id.

    `found` orders have been put on the queue, the last of them `last_id`.
    """

    since: datetime
    until: datetime
    found: int
    last_id: str
    is_under_way: bool


def begin_backfill(source: str, since: datetime, until: datetime, *, cursors: CursorStore, now: datetime) -> None:
    """Make the sweeps bring in a shop's orders submitted between two moments, besides the new ones.

    Raises `PermanentError` if the moments are in the wrong order or still to come, or if a backfill is under way.
    """
    if until > now + timedelta(days=1):
        raise PermanentError(
            "BACKFILL_DAYS_WRONG",
            f"A backfill brings in the past: it can end before {now + timedelta(days=1):%Y-%m-%d} at the latest.",
        )
    if since >= until:
        raise PermanentError(
            "BACKFILL_DAYS_WRONG", f"A backfill from {since:%Y-%m-%d} to before {until:%Y-%m-%d} has no day in it."
        )
    earlier = cursors.read(_past(source))
    if earlier is not None and earlier.began_at is not None:
        raise PermanentError(
            "BACKFILL_UNDER_WAY",
            f"A backfill from {earlier.since:%Y-%m-%d} is under way. Wait for its end, or begin anew instead of it.",
        )
    revision = earlier.revision if earlier else 0
    cursors.save(Cursor(_past(source), since=since, until=until, began_at=now, revision=revision))


def stop_backfill(source: str, *, cursors: CursorStore) -> None:
    """Leave the rest of a shop's backfill, if one is under way."""
    cursor = cursors.read(_past(source))
    if cursor is not None:
        cursors.save(replace(cursor, began_at=None))


def backfill_status(source: str, *, cursors: CursorStore) -> BackfillStatus | None:
    """How far the last backfill of a shop has got; None if there never was one."""
    cursor = cursors.read(_past(source))
    if cursor is None or cursor.until is None:
        return None
    return BackfillStatus(cursor.since, cursor.until, cursor.found, cursor.last_id, cursor.began_at is not None)


def _past(source: str) -> str:
    """The name of the cursor of a shop's backfill."""
    return f"BACKFILL#{source}"
