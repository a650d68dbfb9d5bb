"""The simulated world with the rest of the template around it: schedules, dead letters, metrics, alarms, the topic.

The functions' metrics are their own log lines. The metrics of AWS are made here as AWS makes them: by SQS each minute,
by API Gateway at each answer, by Step Functions at the end of each run.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sitecore_kashflow.observability import metrics
from tests.deployed import template
from tests.drill.alarms import STACK, alarms, properties_of_alarms, text_of
from tests.drill.cloudwatch import Change, CloudWatch, State
from tests.simulation.environment import DEFAULTS
from tests.simulation.functions import Answered
from tests.simulation.walker import DONE, Execution, Outcome
from tests.simulation.world import World

_MINUTE = 60
_SECONDS = {"minutes": 60, "hours": 3600, "days": 86_400}
_RETRY_PAUSES = (60, 120)
_POISON_RECEIVES = 3
FRONT_DOOR, WORKFLOW = "ingest_ordercloud", "OrderToInvoiceWorkflow"


def never() -> bool:
    return False


@dataclass(frozen=True)
class Schedule:
    """A function, how often it is called, and where its event goes when it has failed three times."""

    folder: str
    seconds: int
    dead_letters: str


def schedules() -> Iterator[Schedule]:
    """Those of the template, with its default parameters."""
    for function in template()["Resources"].values():
        for event in function["Properties"].get("Events", {}).values():
            if function["Type"] == "AWS::Serverless::Function" and event["Type"] == "ScheduleV2":
                expression = event["Properties"]["ScheduleExpression"]
                text = expression if isinstance(expression, str) else expression["Fn::Sub"]
                number, unit = re.sub(r"\$\{(\w+)\}", lambda found: DEFAULTS[found[1]], text)[5:-1].split()
                failed = function["Properties"]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"]
                folder = function["Properties"]["CodeUri"].split("/")[1]
                yield Schedule(folder, int(number) * _SECONDS[unit], text_of(failed))


NOTICES = next(one for one in schedules() if one.folder == "notify_people")
"""The function that the topic calls too."""


def message_of(change: Change, alarm: dict[str, Any]) -> dict[str, Any]:
    """What SNS hands to a function when an alarm changes; the parts of it that are read, and a few more."""
    message = {
        "AlarmName": f"{STACK}-{change.alarm}",
        "AlarmDescription": alarm["AlarmDescription"],
        "NewStateValue": change.new,
        "OldStateValue": change.old,
        "NewStateReason": f"{change.alarm} is {change.new}.",
    }
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(message)}}]}


class FrontDoor:
    """API Gateway's own limit before the front door: a bucket of tokens, refilled at a steady rate."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, 0.0

    def lets_in(self, now: float) -> bool:
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Stack:
    """Runs the world for some time, and keeps what the alarm topic was sent.

    `broken` are functions that cannot even start; `off` are schedules that somebody has switched off.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.wiring = world.container()
        self.scheduler = world.scheduler
        self.cloudwatch = CloudWatch(alarms())
        self.sent: list[Change] = []
        self.dead_letters: dict[str, list[str]] = {one.dead_letters: [] for one in schedules()}
        self.broken: set[str] = set()
        self.off: set[str] = set()
        self.answers: list[tuple[float, int]] = []
        self.called: dict[str, float] = {}
        self.front = FrontDoor(float(DEFAULTS["ThrottleRate"]), float(DEFAULTS["ThrottleBurst"]))
        self._watch_functions()
        self._watch_workflow()
        for schedule in schedules():
            self.scheduler.at(0, lambda schedule=schedule: self._keep_time(schedule))  # type: ignore[misc]
        self.scheduler.at(_MINUTE, self._tick)

    @property
    def now(self) -> float:
        return self.world.clock().timestamp()

    def run(self, seconds: float, until: Callable[[], bool] = never) -> None:
        """Let time pass, or as much of it as it takes until something holds; that is looked at every few seconds."""
        end = self.now + seconds
        while self.now < end and not until():
            step = min(5.0, end - self.now) if until is not never else end - self.now
            due: list[bool] = []
            self.scheduler.at(step, lambda due=due: due.append(True))  # type: ignore[misc]
            self.scheduler.run(until=lambda due=due: bool(due))  # type: ignore[misc]

    def rings(self, since: float = 0.0) -> list[Change]:
        """The messages to the topic that an alarm has gone off."""
        return [change for change in self.sent if change.new is State.ALARM and change.moment >= since]

    def read_metrics(self, raise_on_empty_metrics: bool = False) -> None:
        """In the place of logging: read a function's metrics from the line that it would log, at the virtual moment."""
        del raise_on_empty_metrics
        line = json.loads(json.dumps(metrics.serialize_metric_set()))
        metrics.clear_metrics()
        self.cloudwatch.put_emf(line, self.now)

    # --- what AWS counts -------------------------------------------------------------------------------------

    def _put(self, namespace: str, name: str, dimensions: dict[str, str], value: float) -> None:
        self.cloudwatch.metrics.put((namespace, name, frozenset(dimensions.items())), value, self.now)

    def _watch_functions(self) -> None:
        through = self.world.functions.invoke

        def invoke(folder: str, event: dict[str, Any], answered: Answered) -> None:
            if folder in self.broken:
                self.scheduler.at(0, lambda: answered(("Runtime.ImportModuleError", "{}")))
            elif folder != FRONT_DOOR:
                through(folder, event, answered)
            elif self.front.lets_in(self.now):
                through(folder, event, lambda outcome: self._answer(outcome, answered))
            else:
                self._answer((DONE, {"statusCode": 429}), answered)

        self.world.functions.invoke = invoke  # type: ignore[method-assign]

    def _answer(self, outcome: Outcome, answered: Answered) -> None:
        status = int(outcome[1]["statusCode"]) if outcome[0] == DONE else 502
        self.answers.append((self.now, status))
        dimensions = {"ApiName": f"{STACK}-webhooks", "Stage": "live"}
        self._put("AWS/ApiGateway", "4XXError", dimensions, 400 <= status < 500)
        self._put("AWS/ApiGateway", "5XXError", dimensions, status >= 500)
        answered(outcome)

    def _watch_workflow(self) -> None:
        workflows = self.world.workflows
        through = workflows._engine.ended
        names = {"FAILED": "ExecutionsFailed", "TIMED_OUT": "ExecutionsTimedOut", "ABORTED": "ExecutionsAborted"}

        def ended(run: Execution) -> None:
            if run.status in names:
                self._put("AWS/States", names[run.status], {"StateMachineArn": WORKFLOW}, 1)
            through(run)

        workflows._engine = replace(workflows._engine, ended=ended)

    @property
    def oldest_message_seconds(self) -> float:
        """The age of the oldest hint on the queue. A message that was received three times or more does not count."""
        queue = self.world.queues["OrderQueue"]
        put = [one.put_at.timestamp() for one in queue.waiting if one.receives < _POISON_RECEIVES]
        return self.now - min(put, default=self.now)

    def _count_queues(self) -> None:
        queue, past = self.world.queues["OrderQueue"], self.world.queues["BackfillQueue"]
        age = self.oldest_message_seconds
        self._put("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": "OrderQueue"}, age)
        dead = {
            "OrderDeadLetterQueue": len(queue.dead_letters),
            "BackfillDeadLetterQueue": len(past.dead_letters),
            "PayoutDeadLetterQueue": len(self.world.queues["PayoutQueue"].dead_letters),
            "PayoutImportDeadLetterQueue": len(self.world.import_dead_letters),
            "ParkingDeadLetterQueue": len(self.world.workflows.parking_dead_letters),
            **{name: len(messages) for name, messages in self.dead_letters.items()},
        }
        for name, number in dead.items():
            self._put("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": name}, number)

    # --- what AWS does ---------------------------------------------------------------------------------------

    def _keep_time(self, schedule: Schedule) -> None:
        if schedule.folder not in self.off:
            self.called[schedule.folder] = self.now
            self._call(schedule, list(_RETRY_PAUSES), {})
        self.scheduler.at(schedule.seconds, lambda: self._keep_time(schedule))

    def _call(self, schedule: Schedule, pauses: list[int], event: dict[str, Any]) -> None:
        """As Lambda calls asynchronously: twice more after a failure, then the event is a dead letter."""

        def answered(outcome: Outcome) -> None:
            if outcome[0] == DONE:
                return
            if pauses:
                self.scheduler.at(pauses[0], lambda: self._call(schedule, pauses[1:], event))
            else:
                self.dead_letters[schedule.dead_letters].append(outcome[0])

        self.world.functions.invoke(schedule.folder, event, answered)

    def _tick(self) -> None:
        """Each minute: SQS counts, CloudWatch evaluates, the topic gets what the alarms' actions say."""
        self._count_queues()
        for change in self.cloudwatch.evaluate(self.now):
            alarm = properties_of_alarms()[change.alarm]
            actions = {State.ALARM: "AlarmActions", State.OK: "OKActions"}.get(change.new, "")
            is_first = change.old is State.INSUFFICIENT_DATA and change.new is State.OK
            if text_of((alarm.get(actions) or [""])[0]) == "AlarmTopic" and not is_first:
                self.sent.append(change)
                self._call(NOTICES, list(_RETRY_PAUSES), message_of(change, alarm))
        self.scheduler.at(_MINUTE, self._tick)


@contextmanager
def stack() -> Iterator[Stack]:
    """A stack in a world of its own, whose metrics are read as the functions write them."""
    made = Stack(World(1))
    metrics.flush_metrics = made.read_metrics  # type: ignore[method-assign]
    try:
        yield made
    finally:
        del metrics.flush_metrics
        made.world.close()
