"""Plays the scripts of `workflow_scripts.py`: on the simulation's walker, and on any engine behind boto3."""

import heapq
import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from random import Random
from typing import Any

from tests.simulation.scheduler import START
from tests.simulation.walker import DONE, Engine, Execution, Outcome
from tests.workflow_scripts import (
    PATIENCE_SECONDS,
    SCRIPTS,
    Data,
    Dies,
    Fails,
    Played,
    Script,
    Sleeps,
    blanked,
    definition,
)

DEAD = Fails("Runtime.ExitError", "Runtime exited before returning a response")
"""What the workflow hears of a function whose process ended."""
_LOOK_SECONDS, _STUCK_SECONDS = 0.5, 120
Calls = list[tuple[str, Data]]
"""Function and payload, in order."""


def walked(script: Script) -> tuple[Played, list[tuple[str, str]]]:
    """What the walker makes of a script, and the edges it went along. Each is played once."""
    return _walked(script.name)


@cache
def _walked(name: str) -> tuple[Played, list[tuple[str, str]]]:
    script = next(one for one in SCRIPTS if one.name == name)
    calls, tokens = Calls(), dict[str, Callable[[Data], None]]()
    plans, order, now = list[tuple[float, int, Callable[[], None]]](), count(), [0.0]

    def later(seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(plans, (now[0] + seconds, next(order), act))

    def invoke(arn: str, payload: Data, answer: Callable[[Outcome], None]) -> None:
        line = script.lines[len(calls)]
        calls.append((arn.rpartition(":")[2], payload))
        told = DEAD if isinstance(line.told, Dies) else line.told
        outcome = (told.name, told.cause) if isinstance(told, Fails) else (DONE, told)
        later(PATIENCE_SECONDS + 1 if isinstance(told, Sleeps) else 0, lambda: answer(outcome))
        if line.decision is not None:
            decision = line.decision
            later(0.1, lambda: tokens[payload["task_token"]](decision))

    engine = Engine(
        definition(is_slow=script.is_slow),
        invoke,
        later,
        clock=lambda: START + timedelta(seconds=now[0]),
        random=Random(1),
        tokens=tokens,
    )
    run = Execution(engine, script.name, script.given)
    while plans and run.status == "RUNNING":
        now[0], _, act = heapq.heappop(plans)
        act()
    return Played(_blanked(calls), run.status, blanked(run.output), run.error), run.edges


def create(engine: Any, role: str, functions: str) -> dict[bool, str]:
    """Create the workflow, quick and slow, with functions whose ARNs begin so. ARNs by `is_slow`."""
    made = {}
    for is_slow in (False, True):
        text = json.dumps(definition(is_slow=is_slow)).replace("arn:aws:lambda:eu-west-2:123456789012:", functions)
        created = engine.create_state_machine(name=f"Scripted{is_slow}", definition=text, roleArn=role)
        made[is_slow] = str(created["stateMachineArn"])
    return made


def played(
    engine: Any, arns: dict[bool, str], calls_of: Callable[[Script], Calls], at_once: int
) -> Iterator[tuple[str, Played]]:
    """Start every script, some at once, see it through, and tell what came of it. The slow ones come last."""
    for is_slow in (False, True):
        waiting = [script for script in SCRIPTS if script.is_slow is is_slow]
        running, decided = dict[str, tuple[Script, str]](), set[str]()
        until = time.monotonic() + _STUCK_SECONDS
        while waiting or running:
            while waiting and len(running) < at_once:
                script = waiting.pop(0)
                begun = engine.start_execution(
                    stateMachineArn=arns[is_slow], name=script.name, input=json.dumps(script.given)
                )
                running[script.name] = script, begun["executionArn"]
            for script, arn in list(running.values()):
                _decide(engine, script, calls_of(script), decided)
                told = engine.describe_execution(executionArn=arn)
                if told["status"] != "RUNNING":
                    del running[script.name]
                    yield script.name, _seen(told, calls_of(script))
            assert time.monotonic() < until, f"still running: {sorted(running)}"
            time.sleep(_LOOK_SECONDS)


def _seen(told: Data, calls: Calls) -> Played:
    """An execution as `DescribeExecution` shows it."""
    output = json.loads(told["output"]) if told["status"] == "SUCCEEDED" else None
    return Played(_blanked(calls), told["status"], blanked(output), told.get("error"))


def _decide(engine: Any, script: Script, calls: Sequence[tuple[str, Data]], decided: set[str]) -> None:
    """Answer the token of the last call, if the script says so."""
    if not calls or len(calls) > len(script.lines):
        return
    decision, token = script.lines[len(calls) - 1].decision, calls[-1][1].get("task_token")
    if decision is not None and token and token not in decided:
        engine.send_task_success(taskToken=token, output=json.dumps(decision))
        decided.add(token)


def _blanked(calls: Sequence[tuple[str, Data]]) -> tuple[tuple[str, Data], ...]:
    """Calls without what differs from engine to engine. Of the moments of entering states their order is left."""
    moments = sorted({_entered_at(payload) for _, payload in calls})
    told = [(function, payload, moments.index(_entered_at(payload))) for function, payload in calls]
    return tuple(
        (function, blanked(payload | {"attempt": payload["attempt"] | {"entered": rank}}))
        for function, payload, rank in told
    )


def _entered_at(payload: Data) -> datetime:
    return datetime.fromisoformat(payload["attempt"]["entered"])
