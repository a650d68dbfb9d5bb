"""Orders that changed lately, whether an event told us or not; and orders of a stretch of the past."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..observability import LogCode, note
from ..runs.cursors import Cursor, CursorStore
from ..runs.envelope import BACKFILL, Envelope
from ..runs.queue import EnvelopeQueue
from ..runs.subject import Subject
from ..shops.shop import Changed, Lists

_LIVE, _PAST = "LIVE", "BACKFILL"
_FIRST_LOOK = timedelta(days=2)
_OVERLAP = timedelta(hours=1)  # OC-26
_MOST_PAGES = 40
SHORT_QUEUE = 20
"""So few envelopes say that new orders do not wait."""


@dataclass(frozen=True)
class _Look:
    """One look through a shop's list: how a page is read after the last id, and what marks a hint as served."""

    hint: str
    page_after: Callable[[str], Sequence[Changed]]
    hint_id: Callable[[Changed], str]
    most_pages: int


@dataclass(frozen=True)
class Sweep:
    """Looks through the orders of one shop (`source`)."""

    source: str
    lists: Lists
    cursors: CursorStore
    queue: EnvelopeQueue

    def look_for_changes(self, now: datetime) -> int:
        """Put every order that changed since the last look on the queue; returns how many.

        Looks overlap by an hour, because lists lag behind writes (OC-26) and clocks differ; an order
        that has not changed since is dropped by its hint id. A look that was cut off goes on where it stopped.
        """
        cursor = self.cursors.read(_LIVE) or Cursor(_LIVE, since=now - _FIRST_LOOK)
        since, shop = cursor.since - _OVERLAP, self.lists(self.source)
        look = _Look(
            hint="live",
            page_after=lambda last_id: shop.changed_since(since, last_id),
            hint_id=lambda order: f"sweep|{order.id}|{order.version}",
            most_pages=_MOST_PAGES,
        )
        cursor, found, is_done = self._carry_on(replace(cursor, began_at=cursor.began_at or now), look, now)
        if is_done and cursor.began_at:
            self.cursors.save(replace(cursor, since=cursor.began_at, last_id="", began_at=None))
        note(LogCode.SWEEP_DONE, orders=found, finished=is_done)
        return found

    def go_on_with_backfill(self, now: datetime) -> int:
        """One page of the backfill under way, if there is one and no new orders wait; returns how many orders."""
        cursor = self.cursors.read(_PAST)
        if cursor is None or cursor.began_at is None or cursor.until is None or self.queue.waiting() > SHORT_QUEUE:
            return 0
        first, last, began_at, shop = cursor.since, cursor.until, cursor.began_at, self.lists(self.source)
        look = _Look(
            hint=BACKFILL,
            page_after=lambda last_id: shop.placed_between(first, last, last_id),
            hint_id=lambda order: f"backfill|{began_at.isoformat()}|{order.id}",
            most_pages=1,
        )
        cursor, found, is_done = self._carry_on(cursor, look, now)
        if is_done:
            self.cursors.save(replace(cursor, began_at=None, last_id=""))
        note(LogCode.BACKFILL_DONE, orders=found, finished=is_done)
        return found

    def _carry_on(self, cursor: Cursor, look: _Look, now: datetime) -> tuple[Cursor, int, bool]:
        """Some pages on, by id: rows that shift between two calls are neither missed nor seen twice.

        The cursor moves only after a page's envelopes are on the queue.
        """
        found = 0
        for _ in range(look.most_pages):
            orders = look.page_after(cursor.last_id)
            self.queue.put_all([self._envelope(order, look, now) for order in orders])
            found += len(orders)
            if not orders:
                return cursor, found, True
            cursor = self.cursors.save(replace(cursor, last_id=orders[-1].id))
        return cursor, found, False

    def _envelope(self, order: Changed, look: _Look, now: datetime) -> Envelope:
        return Envelope(
            subject=Subject("order", self.source, order.id),
            hint=look.hint,
            hint_id=look.hint_id(order),
            received_at=now,
            correlation_id=f"{look.hint}-{order.id}",
        )


def begin_backfill(since: datetime, until: datetime, *, cursors: CursorStore, now: datetime) -> None:
    """Let the sweeps from now on bring in the orders submitted between two moments, beside the new ones."""
    earlier = cursors.read(_PAST)
    revision = earlier.revision if earlier else 0
    cursors.save(Cursor(_PAST, since=since, until=until, began_at=now, revision=revision))
