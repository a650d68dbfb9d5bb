"""The gate before every call to a system: one budget and one set of pauses for the whole stack.

All workers share a record in the ledger (`calls.access`). Before a call a worker takes a turn there: a lane, of which
there are as many as calls may run in parallel, and the next moment at which a call may begin. A lane is taken before
its beginning comes, so at most that many beginnings are promised ahead and none is wasted.
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
_PATIENCE = timedelta(seconds=5)
_LOOK_AGAIN_SECONDS = (0.1, 0.4)
_LOOKS_AGAIN_WITHIN, _COMES_BACK_WITHIN = timedelta(seconds=1), timedelta(seconds=60)
_AWAY_AFTER = 5
_AWAY_PAUSE_SECONDS, _LONGEST_AWAY_PAUSE_SECONDS = 15.0, 120.0


class Gate:
    """Lets calls pass one by one, as fast as `budget` allows and no faster.

    `gives_way()` tells whether the order at hand lets others go first. `seen` is the shared record as last seen.
    """

    def __init__(
        self,
        system: str,
        store: AccessStore,
        budget: Budget,
        timing: Timing,
        gives_way: Callable[[], bool] = lambda: False,
    ) -> None:
        self._system = system
        self._store = store
        self._budget = budget
        self._timing = timing
        self._clock = timing.clock
        self._gives_way = gives_way
        self.seen = Access()

    @contextmanager
    def turn(self) -> Iterator[Access]:
        """One call may be made inside. Raises `RateLimitedError` or `HeldBackError` if it is not worth waiting for.

        What the call raises is noted for all workers: a pause that the system asks for, or that it seems to be away.
        """
        turn = self._take()
        try:
            yield turn.access
        except Exception as error:
            self._end(turn, error)
            raise
        self._end(turn, None)

    def _take(self) -> Turn:
        """Try with what was seen last; only who is refused reads, and waits if there is nothing to take."""
        access, is_fresh = self.seen, False
        give_up_at = self._clock() + _PATIENCE
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
        now, gives_way = self._clock(), self._gives_way()
        taken = access.taken_lanes(now)
        free = [lane for lane in range(self._budget.lanes) if lane not in taken]
        is_queue = now <= access.next_at <= now + self._budget.farthest
        if not free or access.held_until > now or (gives_way and (is_queue or access.wanted_until > now)):
            return None
        return self._store.take_turn(
            self._timing.random.choice(free), self._budget, now, is_queue=is_queue, gives_way=gives_way
        )

    def _wait(self, access: Access, give_up_at: datetime) -> None:
        now = self._clock()
        pause = (access.held_until - now).total_seconds()
        if pause > _LONGEST_PAUSE_WAITED_SECONDS:
            raise RateLimitedError(self._system, pause)
        if pause > 0:
            self._timing.sleep(pause)
            return
        is_late = now >= give_up_at
        wanted_for = _COMES_BACK_WITHIN if is_late else _LOOKS_AGAIN_WITHIN
        if not self._gives_way() and access.wanted_until < now + wanted_for / 2:
            self._store.want(now + wanted_for)
        if is_late:
            count(Metric.CALLS_HELD_BACK)
            raise HeldBackError("HELD_BACK", f"{self._system} is being asked as much as it may be. Try again soon.")
        self._timing.sleep(self._timing.random.uniform(*_LOOK_AGAIN_SECONDS))

    def _sleep_until(self, moment: datetime) -> None:
        seconds = (moment - self._clock()).total_seconds()
        if seconds > 0:
            self._timing.sleep(seconds)

    def _end(self, turn: Turn, error: Exception | None) -> None:
        """Note how the call went. No answer is lost for this: a lane that is not given back comes free by time."""
        is_trouble = isinstance(error, RetryableError | OutcomeUnknownError) and not isinstance(error, HeldBackError)
        with suppress(BotoCoreError, ClientError):
            if isinstance(error, RateLimitedError):
                count(Metric.PAUSES_ASKED_FOR)
                self._hold(error.wait_seconds)
            access = self._store.end_turn(turn, has_failed=is_trouble)
            self.seen = access or self.seen
            if is_trouble and access is not None and access.failures >= _AWAY_AFTER:
                count(Metric.SYSTEMS_AWAY)
                pause = _AWAY_PAUSE_SECONDS * 2 ** min(access.failures - _AWAY_AFTER, 10)
                self._hold(min(pause, _LONGEST_AWAY_PAUSE_SECONDS))

    def _hold(self, seconds: float) -> None:
        self._store.hold(self._clock() + timedelta(seconds=seconds))
