"""The functions in their containers: the real handlers, each worker in a container of its own, and mortal."""

import json
from collections import Counter
from collections.abc import Callable
from random import Random

from sitecore_kashflow.observability import metrics
from sitecore_kashflow.runtime.wiring import Wiring
from tests.deployed import STEPS, context, handler
from tests.simulation.conditions import CALM, Conditions
from tests.simulation.dynamo import Item
from tests.simulation.environment import time_limit
from tests.simulation.scheduler import Killed, Scheduler
from tests.simulation.walker import DONE, Outcome

Answered = Callable[[Outcome], None]
THROTTLED = "Lambda.TooManyRequestsException"


class Functions:
    """Runs handlers as workers. A container whose worker was killed is gone; the others are used again."""

    def __init__(
        self, scheduler: Scheduler, random: Random, container: Callable[[], Wiring], conditions: Conditions = CALM
    ) -> None:
        self.busy, self.busy_seconds = 0, 0.0
        self.most_busy = 0  # without the front door, which answers in milliseconds and waits for nobody
        self.calls: Counter[str] = Counter()
        self.throttled: Counter[str] = Counter()
        self._scheduler, self._random, self._container = scheduler, random, container
        self._conditions = conditions
        self._idle: dict[str, list[Wiring]] = {}
        self._working: Counter[str] = Counter()

    def invoke(self, folder: str, event: Item, answered: Answered) -> None:
        """Start a function; its process may be killed at any call and is killed when its time is up."""
        if self._is_full(folder):
            self.throttled[folder] += 1
            self._scheduler.at(0, lambda: answered((THROTTLED, "{}")))
            return
        idle = self._idle.setdefault(folder, [])
        wiring = idle.pop() if idle else self._container()
        self.busy += 1
        began = self._scheduler.now
        self._working[folder] += 1
        self.calls[folder] += 1
        self.most_busy = max(self.most_busy, self.busy - self._working["ingest_ordercloud"])

        def work() -> None:
            outcome: Outcome
            try:
                outcome = (DONE, json.loads(json.dumps(handler(folder)(event, context(folder)))))
                idle.append(wiring)
            except Killed as death:
                gone = self._random.choice(["Runtime.ExitError", "Lambda.Unknown"])
                outcome = ("Sandbox.Timedout" if str(death) == "time limit" else gone, "{}")
            except Exception as error:
                idle.append(wiring)
                told = {"errorType": type(error).__name__, "errorMessage": str(error)}
                outcome = (type(error).__name__, json.dumps(told))
            metrics.clear_metrics()
            self.busy -= 1
            self.busy_seconds += (self._scheduler.now - began).total_seconds()
            self._working[folder] -= 1
            answered(outcome)

        self._scheduler.spawn(work, wiring, time_limit(folder), folder)

    def _is_full(self, folder: str) -> bool:
        """Whether Lambda starts no further worker: by a limit of each step, or by the account's."""
        of_step, of_account = self._conditions.step_workers, self._conditions.functions
        return (folder in STEPS and 0 < of_step <= self._working[folder]) or 0 < of_account <= self.busy
