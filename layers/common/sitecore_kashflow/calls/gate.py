"""The gate before every call to a system: one budget and one set of pauses for the whole stack.

All workers share a record in the ledger (`calls.access`). Before its calls, a worker takes a turn there: a free lane,
and the next moments at which calls may start, one for each call that it is about to make. There are as many lanes as
calls may run in parallel. A lane is taken before the start comes, so no more starts are promised ahead than the lanes
have, and none is wasted. A turn is taken in one write and given back in one, however many calls it has.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import HeldBackError, OutcomeUnknownError, RateLimitedError, RefusedError, RetryableError
from ..observability import Metric, count
from .access import Access, AccessStore, Budget, Turn, Wish
from .timing import Timing

_LONGEST_PAUSE_WAITED_SECONDS, _LONGEST_PAUSE_WAITED_AT_WORK_SECONDS = 5.0, 20.0
_LONGEST_WAIT, _LONGEST_WAIT_AT_WORK = timedelta(seconds=5), timedelta(seconds=20)
_RECHECK_SECONDS = (0.1, 0.4)
_RECHECKS_WITHIN, _RETRIES_WITHIN = timedelta(seconds=1), timedelta(seconds=60)
_TRUSTED_FOR, _LONGEST_ROW = timedelta(seconds=1), timedelta(seconds=1)
_NOT_FOUND = 404
_AWAY_AFTER = 5
_AWAY_PAUSE_SECONDS, _LONGEST_AWAY_PAUSE_SECONDS = 15.0, 120.0


@dataclass
class _Held:
    """A turn with calls left; the next of them may start at `next_at`."""

    turn: Turn
    left: int
    next_at: datetime


class Gate:
    """Lets calls through one by one, as fast as `budget` allows.

    `is_background()` says whether the current work lets other work go first. `seen` is the record as last seen.
    """

    def __init__(
        self,
        system: str,
        store: AccessStore,
        budget: Budget,
        timing: Timing,
        is_background: Callable[[], bool] = lambda: False,
    ) -> None:
        self._system = system
        self._store = store
        self._budget = budget
        self._timing = timing
        self._clock = timing.clock
        self._is_background = is_background
        self._held: _Held | None = None
        self._seen_at = timing.clock()
        self._is_at_work = False
        self.seen = Access()

    @contextmanager
    def turn(self, calls: int = 1) -> Iterator[Access]:
        """One call may be made inside. Raises `HeldBackError` if the wait would be too long.

        `calls`: how many will most likely be made one after the other, with this one as the first; a turn is taken for
        all of them, unless one is held already. What the call raises is recorded for all workers: a pause that the
        system asks for, or that it is away.
        """
        held = self.await_turn(calls)
        held.left -= 1
        held.next_at += self._budget.spacing
        self._is_at_work = True
        try:
            yield held.turn.access
        except Exception as error:
            if not (held.left and _is_absence(error)):
                self._end(held.turn, error)
            raise
        if not held.left:
            self._end(held.turn, None)

    def await_turn(self, calls: int = 1) -> _Held:
        """Take a turn of so many calls, unless one is held, and wait until the next call may start."""
        if self._held is None:
            turn = self._take(calls)
            self._held = _Held(turn, calls, turn.begins_at)
        self._sleep_until(self._held.next_at)
        self._keep_pause(self._held)
        return self._held

    def leave(self) -> None:
        """The current work is over, and so is its turn, if it had calls left."""
        self._is_at_work = False
        if self._held is not None:
            with suppress(BotoCoreError, ClientError):
                self._give_back(self._held.turn)

    def _take(self, calls: int) -> Turn:
        """Try with the record as last seen. Only if that fails, read it; if it has no free turn, wait."""
        access, is_fresh = self.seen, False
        give_up_at = self._clock() + (_LONGEST_WAIT_AT_WORK if self._is_at_work else _LONGEST_WAIT)
        while True:
            turn = self._try(access, calls)
            if turn is not None:
                self._see(turn.access)
                return turn
            if is_fresh:
                self._wait(access, give_up_at)
            access, is_fresh = self._store.read(), True

    def _try(self, access: Access, calls: int) -> Turn | None:
        now, is_background = self._clock(), self._is_background()
        taken = access.taken_lanes(now)
        free = [lane for lane in range(self._budget.lanes) if lane not in taken]
        has_queue = now <= access.next_at <= now + self._budget.farthest
        if not free or access.held_until > now or (is_background and _must_give_way(access, now)):
            return None
        wish = Wish(self._timing.random.choice(free), calls, is_background)
        return self._store.take_turn(wish, self._budget, now, has_queue=has_queue)

    def _wait(self, access: Access, give_up_at: datetime) -> None:
        if self._is_paused(access):
            return
        now = self._clock()
        is_late = now >= give_up_at
        hold_for = _RETRIES_WITHIN if is_late else _RECHECKS_WITHIN
        if not self._is_background() and access.background_held_until < now + hold_for / 2:
            self._store.hold_background(now + hold_for)
        if is_late:
            count(Metric.CALLS_HELD_BACK)
            raise HeldBackError("HELD_BACK", f"{self._system} gets as many calls as the budget allows. Try again soon.")
        self._timing.sleep(self._timing.random.uniform(*_RECHECK_SECONDS))

    def _is_paused(self, access: Access) -> bool:
        """Wait out a short pause. Raises `HeldBackError` for a long one; work that has made calls waits longer."""
        pause = (access.held_until - self._clock()).total_seconds()
        longest = _LONGEST_PAUSE_WAITED_AT_WORK_SECONDS if self._is_at_work else _LONGEST_PAUSE_WAITED_SECONDS
        if pause > longest:
            raise self._pause_error(access, pause)
        if pause > 0:
            self._timing.sleep(pause)
        return pause > 0

    def _keep_pause(self, held: _Held) -> None:
        """A turn that was taken before a pause keeps it."""
        while self._clock() - self._seen_at > _TRUSTED_FOR:
            self._see(self._store.read())
            try:
                self._is_paused(self.seen)
            except HeldBackError:
                self._give_back(held.turn)
                raise

    def _pause_error(self, access: Access, seconds: float) -> HeldBackError:
        if access.is_pause_asked_for:
            return RateLimitedError(self._system, seconds)
        return HeldBackError(
            "SYSTEM_AWAY", f"{self._system} failed {access.failures} times in a row; no call for {seconds:.0f} s."
        )

    def _sleep_until(self, moment: datetime) -> None:
        seconds = (moment - self._clock()).total_seconds()
        if seconds > 0:
            self._timing.sleep(seconds)

    def _see(self, access: Access) -> None:
        self.seen, self._seen_at = access, self._clock()

    def _end(self, turn: Turn, error: Exception | None) -> None:
        """Give the turn back and record how its last call went.

        If that fails, the answer still counts, and the lane becomes free in time.
        """
        is_trouble = isinstance(error, RetryableError | OutcomeUnknownError) and not isinstance(error, HeldBackError)
        with suppress(BotoCoreError, ClientError):
            if isinstance(error, RateLimitedError):
                count(Metric.PAUSES_ASKED_FOR)
                self._hold(error.wait_seconds, is_asked_for=True)
            access = self._give_back(turn, has_failed=is_trouble)
            if is_trouble and access is not None and access.failures >= _AWAY_AFTER:
                count(Metric.SYSTEMS_AWAY)
                pause = _AWAY_PAUSE_SECONDS * 2 ** min(access.failures - _AWAY_AFTER, 10)
                self._hold(min(pause, _LONGEST_AWAY_PAUSE_SECONDS), is_asked_for=False)

    def _give_back(self, turn: Turn, *, has_failed: bool | None = None) -> Access | None:
        """Without `has_failed`, no call was made of late."""
        self._held = None
        access = self._store.end_turn(turn, has_failed=has_failed)
        if access is not None:
            self._see(access)
        return access

    def _hold(self, seconds: float, *, is_asked_for: bool) -> None:
        self._store.hold(self._clock() + timedelta(seconds=seconds), is_asked_for=is_asked_for)


def _must_give_way(access: Access, now: datetime) -> bool:
    """Whether background work leaves the next turns to other work: it waits, or would, behind a long row of starts."""
    return access.background_held_until > now or now + _LONGEST_ROW < access.next_at


def _is_absence(error: Exception) -> bool:
    """Whether the system has answered that there is no such thing: an answer like any other."""
    return isinstance(error, RefusedError) and error.status == _NOT_FOUND
