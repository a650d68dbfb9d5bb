"""The gate before every call to a system: one budget and one set of pauses for the whole stack.

All workers share a record in the ledger (`calls.access`). Before a call, a worker takes a turn there: a free lane, and
the next moment at which a call may start. There are as many lanes as calls may run in parallel. A lane is taken before
the start comes, so no more starts are promised ahead than there are lanes, and none is wasted.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import HeldBackError, OutcomeUnknownError, RateLimitedError, RetryableError
from ..observability import Metric, count
from .access import Access, AccessStore, Budget, Turn
from .timing import Timing

_LONGEST_PAUSE_WAITED_SECONDS = 5.0
_LONGEST_WAIT = timedelta(seconds=5)
_RECHECK_SECONDS = (0.1, 0.4)
_RECHECKS_WITHIN, _RETRIES_WITHIN = timedelta(seconds=1), timedelta(seconds=60)
_AWAY_AFTER = 5
_AWAY_PAUSE_SECONDS, _LONGEST_AWAY_PAUSE_SECONDS = 15.0, 120.0


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
        self.seen = Access()

    @contextmanager
    def turn(self) -> Iterator[Access]:
        """One call may be made inside. Raises `HeldBackError` if the wait would be too long.

        What the call raises is recorded for all workers: a pause that the system asks for, or that it is away.
        """
        turn = self._take()
        try:
            yield turn.access
        except Exception as error:
            self._end(turn, error)
            raise
        self._end(turn, None)

    def _take(self) -> Turn:
        """Try with the record as last seen. Only if that fails, read it; if it has no free turn, wait."""
        access, is_fresh = self.seen, False
        give_up_at = self._clock() + _LONGEST_WAIT
        while True:
            turn = self._try(access)
            if turn is not None:
                self.seen = turn.access
                self._sleep_until(turn.begins_at)
                return turn
            if is_fresh:
                self._wait(access, give_up_at)
            access, is_fresh = self._store.read(), True

    def _try(self, access: Access) -> Turn | None:
        now, is_background = self._clock(), self._is_background()
        taken = access.taken_lanes(now)
        free = [lane for lane in range(self._budget.lanes) if lane not in taken]
        has_queue = now <= access.next_at <= now + self._budget.farthest
        if not free or access.held_until > now or (is_background and (has_queue or access.background_held_until > now)):
            return None
        return self._store.take_turn(
            self._timing.random.choice(free), self._budget, now, has_queue=has_queue, is_background=is_background
        )

    def _wait(self, access: Access, give_up_at: datetime) -> None:
        now = self._clock()
        pause = (access.held_until - now).total_seconds()
        if pause > _LONGEST_PAUSE_WAITED_SECONDS:
            raise self._pause_error(access, pause)
        if pause > 0:
            self._timing.sleep(pause)
            return
        is_late = now >= give_up_at
        hold_for = _RETRIES_WITHIN if is_late else _RECHECKS_WITHIN
        if not self._is_background() and access.background_held_until < now + hold_for / 2:
            self._store.hold_background(now + hold_for)
        if is_late:
            count(Metric.CALLS_HELD_BACK)
            raise HeldBackError("HELD_BACK", f"{self._system} gets as many calls as the budget allows. Try again soon.")
        self._timing.sleep(self._timing.random.uniform(*_RECHECK_SECONDS))

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

    def _end(self, turn: Turn, error: Exception | None) -> None:
        """Record how the call went. If that fails, the answer still counts, and the lane becomes free in time."""
        is_trouble = isinstance(error, RetryableError | OutcomeUnknownError) and not isinstance(error, HeldBackError)
        with suppress(BotoCoreError, ClientError):
            if isinstance(error, RateLimitedError):
                count(Metric.PAUSES_ASKED_FOR)
                self._hold(error.wait_seconds, is_asked_for=True)
            access = self._store.end_turn(turn, has_failed=is_trouble)
            self.seen = access or self.seen
            if is_trouble and access is not None and access.failures >= _AWAY_AFTER:
                count(Metric.SYSTEMS_AWAY)
                pause = _AWAY_PAUSE_SECONDS * 2 ** min(access.failures - _AWAY_AFTER, 10)
                self._hold(min(pause, _LONGEST_AWAY_PAUSE_SECONDS), is_asked_for=False)

    def _hold(self, seconds: float, *, is_asked_for: bool) -> None:
        self._store.hold(self._clock() + timedelta(seconds=seconds), is_asked_for=is_asked_for)
