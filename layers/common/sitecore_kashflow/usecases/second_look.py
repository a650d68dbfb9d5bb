"""Once a day, a second look at every unfinished order: no event announces everything that may happen to it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..canonical.states import OrderState
from ..observability import LogCode, note
from ..runs.cursors import Cursor, CursorStore
from ..runs.envelope import AGAIN, Envelope
from ..runs.queue import EnvelopeQueue
from ..runs.records import SubjectRecord
from ..runs.runs import Runs

UNFINISHED = (OrderState.RECEIVED, OrderState.WAITING, OrderState.OPENED, OrderState.INVOICED)
_EVERY = timedelta(days=1)
_YOUNGEST, _OLDEST = timedelta(hours=1), timedelta(days=365)
_AT_ONCE = 100


@dataclass(frozen=True)
class SecondLook:
    """Puts unfinished orders on the queue, a hundred at a time.

    A payment may not change its order (OC-48), so that the sweep does not see it; and a run may have been stopped and
    the notice lost. Orders that entered their state within the last hour are left to their runs; those that entered it
    more than a year ago are left to people.
    """

    runs: Runs
    cursors: CursorStore
    queue: EnvelopeQueue

    def enqueue_next(self, now: datetime) -> int:
        """Put the next orders on the queue; returns how many."""
        cursor = self.cursors.read("AGAIN") or Cursor("AGAIN", since=now - _EVERY)
        if cursor.began_at is None:
            if now < cursor.since + _EVERY:
                return 0
            cursor = replace(cursor, since=now, began_at=now, last_id="")
        found = self._next(cursor, now)
        self.queue.put_all([_envelope(record, cursor, now) for record in found])
        last = f"{found[-1].state} {found[-1].state_since}" if found else ""
        self.cursors.save(replace(cursor, last_id=last, began_at=cursor.began_at if found else None))
        note(LogCode.SECOND_LOOK_DONE, orders=len(found), finished=not found)
        return len(found)

    def _next(self, cursor: Cursor, now: datetime) -> list[SubjectRecord]:
        """The cursor's `last_id` is a state, and the moment at which the last order entered it."""
        state, _, last = cursor.last_id.partition(" ")
        oldest, youngest = ((now - age).isoformat(timespec="microseconds") for age in (_OLDEST, _YOUNGEST))
        first = UNFINISHED.index(OrderState(state)) if state else 0
        for one in UNFINISHED[first:]:
            after = last if one == state else oldest
            found = [
                record
                for record in self.runs.next_in_state("order", one, after, _AT_ONCE)
                if record.state_since < youngest
            ]
            if found:
                return found
        return []


def _envelope(record: SubjectRecord, cursor: Cursor, now: datetime) -> Envelope:
    return Envelope(
        subject=record.subject,
        hint=AGAIN,
        hint_id=f"again|{record.subject.key}|{cursor.began_at}",
        received_at=now,
        correlation_id=f"again-{record.subject.id}",
    )
