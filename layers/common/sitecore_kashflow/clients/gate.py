"""The gate before every call to a system: pauses that it asked for hold the whole stack back."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from ..canonical.clock import Clock
from ..errors import RateLimitedError
from ..observability import Metric, count
from ..stores.access import Access, AccessStore

_WORTH_WAITING = 5.0

Result = TypeVar("Result")


class Gate:
    """Lets calls pass unless the system asked for a pause; short pauses are waited out here."""

    def __init__(self, system: str, store: AccessStore, clock: Clock, sleep: Callable[[float], None]) -> None:
        self._system = system
        self._store = store
        self._clock = clock
        self._sleep = sleep

    def enter(self) -> Access:
        """The shared record, once no pause stands. Raises `RateLimitedError` if it is not worth waiting."""
        while True:
            access = self._store.read()
            left = (access.held_until - self._clock()).total_seconds()
            if left <= 0:
                return access
            if left > _WORTH_WAITING:
                raise RateLimitedError(self._system, left)
            self._sleep(left)

    def pass_through(self, call: Callable[[], Result]) -> Result:
        """Make a call; if the system asks for a pause, note it for all workers and raise."""
        try:
            return call()
        except RateLimitedError as pause:
            count(Metric.CALLS_HELD_BACK)
            self._store.hold(self._clock() + timedelta(seconds=pause.wait_seconds))
            raise
