"""Virtual time, and workers that take turns: threads of which exactly one runs, chosen by a seeded random.

Whoever runs holds the baton and gives it back at every call outside (`pause`, `sleep`). The same seed gives the
same order of turns, so a run can be repeated exactly.
"""

import heapq
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Killed(BaseException):
    """The worker's process is gone: no handler of the program may catch it."""


class Worker:
    """One thread; between two calls of `resume` it does a stretch of its work."""

    def __init__(self, scheduler: "Scheduler") -> None:
        self._scheduler = scheduler
        self._baton = threading.Lock()
        self._baton.acquire()
        self._work: Callable[[], None] | None = None
        self.data: Any = None
        self.deadline: datetime | None = None
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    def start(self, work: Callable[[], None]) -> None:
        self._work = work

    def resume(self) -> None:
        """Let the worker run until it gives the baton back."""
        self._baton.release()
        self._scheduler.baton.acquire()

    def wait(self) -> None:
        """Give the baton back and wait for the next turn."""
        self._scheduler.baton.release()
        self._baton.acquire()

    def _live(self) -> None:
        while True:
            self._baton.acquire()
            if self._work is None:
                self._scheduler.baton.release()
                return
            self._work()
            self._work = None
            self._scheduler.free.append(self)
            self._scheduler.baton.release()


class Scheduler:
    """Runs workers and timers until nothing is left to do."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"turns {seed}")
        self.on_turn: Callable[[Any], object] = void
        self.now = START
        self.baton = threading.Lock()
        self.baton.acquire()
        self.free: list[Worker] = []
        self.current: Worker | None = None
        self._ready: list[Worker] = []
        self._timers: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()
        self._workers: list[Worker] = []

    def clock(self) -> datetime:
        return self.now

    def at(self, seconds: float, happen: Callable[[], None]) -> None:
        """Let something happen after so many seconds."""
        heapq.heappush(self._timers, (self.now + timedelta(seconds=seconds), next(self._order), happen))

    def spawn(self, work: Callable[[], None], data: Any, seconds: float | None = None) -> None:
        """Give some work to a worker; after `seconds` its process is killed."""
        if not self.free:
            self.free.append(Worker(self))
            self._workers.append(self.free[-1])
        worker = self.free.pop()
        worker.data = data
        worker.deadline = None if seconds is None else self.now + timedelta(seconds=seconds)
        worker.start(work)
        self._ready.append(worker)

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
        """Run until there is neither work nor a timer, or until `until` holds."""
        while not until():
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

    def close(self) -> None:
        """End the threads of idle workers."""
        for worker in self.free:
            worker.resume()
        self.free.clear()


def void(_: Any) -> None:
    """Nothing."""
