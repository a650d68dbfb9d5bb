"""The functions in their containers: the real handlers, each worker in a container of its own, and mortal."""

import json
from collections import Counter
from collections.abc import Callable
from random import Random

from sitecore_kashflow.observability import metrics
from sitecore_kashflow.runtime.wiring import Wiring
from tests.deployed import STEPS, context, handler
from tests.simulation.dynamo import Item
from tests.simulation.environment import time_limit
from tests.simulation.scheduler import Killed, Scheduler
from tests.simulation.walker import DONE, Outcome

Answered = Callable[[Outcome], None]
THROTTLED = "Lambda.TooManyRequestsException"


class Functions:
    """Runs handlers as workers. A container whose worker was killed is gone; the others are used again."""

    def __init__(
        self, scheduler: Scheduler, random: Random, container: Callable[[], Wiring], step_workers: int = 0
    ) -> None:
        """`step_workers`: as many as each step may have at once, if there is a limit."""
        self.busy = 0
        self._scheduler, self._random, self._container = scheduler, random, container
        self._step_workers = step_workers
        self._idle: dict[str, list[Wiring]] = {}
        self._working: Counter[str] = Counter()

    def invoke(self, folder: str, event: Item, answered: Answered) -> None:
        """Start a function; its process may be killed at any call and is killed when its time is up."""
        if folder in STEPS and 0 < self._step_workers <= self._working[folder]:
            self._scheduler.at(0, lambda: answered((THROTTLED, "{}")))
            return
        idle = self._idle.setdefault(folder, [])
        wiring = idle.pop() if idle else self._container()
        self.busy += 1
        self._working[folder] += 1

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
            self._working[folder] -= 1
            answered(outcome)

        self._scheduler.spawn(work, wiring, time_limit(folder), folder)
