"""Virtual time, and workers that take turns: greenlets of which exactly one runs, chosen by a seeded random.

Whoever runs gives its turn back at every call outside (`pause`, `sleep`). The same seed gives the same order of
turns, so a run can be repeated exactly.
"""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from greenlet import getcurrent, greenlet

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Killed(BaseException):
    """The worker's process is gone: no handler of the program may catch it."""


class Worker:
    """Some work that is done in stretches, one with each turn. `data` and `name` are for the scheduler's user."""

    def __init__(self, work: Callable[[], None], data: Any, deadline: datetime | None, name: str) -> None:
        self.data, self.name = data, name
        self.deadline = deadline
        self._stretches = greenlet(work)
        self._giver = getcurrent()

    def resume(self) -> None:
        """Work on until the turn is given back or the work is done."""
        self._giver = self._stretches.parent = getcurrent()
        self._stretches.switch()

    def wait(self) -> None:
        """Give the turn back; returns with the next one."""
        self._giver.switch()


class Scheduler:
    """Runs workers and timers until nothing is left to do."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"turns {seed}")
        self.on_turn: Callable[[Any], object] = void
        self.now = START
        self.current: Worker | None = None
        self._ready: list[Worker] = []
        self._timers: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()

    def clock(self) -> datetime:
        return self.now

    def at(self, seconds: float, happen: Callable[[], None]) -> None:
        """Let something happen after so many seconds."""
        heapq.heappush(self._timers, (self.now + timedelta(seconds=seconds), next(self._order), happen))

    def spawn(self, work: Callable[[], None], data: Any, seconds: float | None = None, name: str = "") -> None:
        """Give some work to a worker of its own; after `seconds` its process is killed."""
        deadline = None if seconds is None else self.now + timedelta(seconds=seconds)
        self._ready.append(Worker(work, data, deadline, name))

    def pause(self) -> None:
        """A call outside: others may have their turn first."""
        worker = self.current
        if worker is None or not self._ready:
            return
        if self.random.random() < 0.5:
            self._ready.append(worker)
            worker.wait()

    def sleep(self, seconds: float) -> None:
        """Time passes for the running worker, and it dies when its time is up."""
        worker = self.current
        if worker is None:
            self.now += timedelta(seconds=seconds)
            return
        until = self.now + timedelta(seconds=seconds)
        is_last = worker.deadline is not None and until >= worker.deadline
        if is_last and worker.deadline is not None:
            until = max(self.now, worker.deadline)
        heapq.heappush(self._timers, (until, next(self._order), lambda: self._ready.append(worker)))
        worker.wait()
        if is_last:
            raise Killed("time limit")

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Run until there is neither work nor a timer, or until `until` holds while nobody works."""
        while self._ready or not until():
            if self._ready:
                at = int(self.random.random() * len(self._ready))
                self._ready[at], self._ready[-1] = self._ready[-1], self._ready[at]
                self.current = self._ready.pop()
                self.on_turn(self.current.data)
                self.current.resume()
                self.current = None
            elif self._timers:
                when, _, happen = heapq.heappop(self._timers)
                self.now = max(self.now, when)
                happen()
            else:
                return


def void(_: Any) -> None:
    """Nothing."""
