"""Runs of the workflow: started by name, walked through the real file, parked when they stop as a whole."""

import json
from collections.abc import Callable
from random import Random

from tests.simulation.dynamo import Item, refusal
from tests.simulation.environment import DEFINITION, STATE_MACHINE
from tests.simulation.functions import THROTTLED, Answered, Functions
from tests.simulation.scheduler import Scheduler, void
from tests.simulation.walker import DONE, Engine, Execution, Outcome

_EXECUTION = STATE_MACHINE.replace(":stateMachine:", ":execution:")


class Workflows:
    """Step Functions, and EventBridge's rule on runs that ended badly.

    `take` tells the fault that hits a call of a step; `plan` lets something happen later.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        random: Random,
        functions: Functions,
        take: Callable[[str], str | None],
        plan: Callable[[float, Callable[[], object]], None],
    ) -> None:
        self.executions: dict[str, Execution] = {}
        self.tokens: dict[str, Callable[[Item], None]] = {}
        self.parking_dead_letters: list[Item] = []
        self._running: set[str] = set()
        self._scheduler, self._functions = scheduler, functions
        self._take, self._plan = take, plan
        self._engine = Engine(
            DEFINITION,
            self._call_step,
            scheduler.at,
            scheduler.clock,
            random,
            self.tokens,
            self._ended,
        )

    @property
    def wait_for_people(self) -> bool:
        """Whether every run is over or waits for a person."""
        return self._running <= {token.partition("/")[0] for token in self.tokens}

    def start(self, name: str, given: str) -> str:
        """The ARN of the run of this name. A name is used once; asking again for a run under way does no harm."""
        earlier = self.executions.get(name)
        if earlier is None:
            self._running.add(name)
            self.executions[name] = Execution(self._engine, name, json.loads(given))
        elif earlier.given != json.loads(given) or earlier.status != "RUNNING":
            raise refusal("StartExecution", "ExecutionAlreadyExists")
        return f"{_EXECUTION}:{name}"

    def describe(self, arn: str) -> Item:
        """Of a run that there is, whether it is over and how it ended."""
        name = arn.rpartition(":")[2]
        if name not in self.executions:
            raise refusal("DescribeExecution", "ExecutionDoesNotExist")
        return {"status": self.executions[name].status}

    def send_task_success(self, token: str, decision: Item) -> bool:
        """A person's decision for a run that waits; False if nobody waits with this token."""
        if token not in self.tokens:
            return False
        self.tokens[token](decision)
        return True

    def _call_step(self, arn: str, payload: Item, answered: Answered) -> None:
        """Over a line that may break: then the step runs, and nobody hears of it."""
        folder = arn.rpartition(":")[2]
        kind = self._take(f"lambda {folder}")
        if kind == "throttled":
            self._scheduler.at(0, lambda: answered((THROTTLED, "{}")))
            return
        if kind == "detached":
            self._scheduler.at(1, lambda: answered(("Lambda.SdkClientException", "{}")))
        heard = answered if kind is None else void
        self._functions.invoke(folder, json.loads(json.dumps(payload)), heard)

    def _ended(self, execution: Execution) -> None:
        self._running.discard(execution.name)
        if execution.status != "SUCCEEDED":
            event = {"detail": {"status": execution.status, "input": json.dumps(execution.given)}}
            self._park_stopped(event, 3)

    def _park_stopped(self, event: Item, tries: int) -> None:
        def answered(outcome: Outcome) -> None:
            if outcome[0] == DONE:
                return
            if outcome[0] == THROTTLED:
                self._plan(60, lambda: self._park_stopped(event, tries))
            elif tries > 1:
                self._plan(60, lambda: self._park_stopped(event, tries - 1))
            else:
                self.parking_dead_letters.append(event)

        self._plan(1, lambda: self._functions.invoke("park_order", event, answered))
