"""The simulation's walker makes of the workflow file what moto's engine makes of it; the scripts miss no edge."""

import json
import threading
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend

from tests.cloud import let_definitions_be_parsed_once
from tests.deployed import workflow_definition
from tests.simulation.scheduler import START
from tests.simulation.walker import Engine, Execution
from tests.workflow_engines import DEAD, Calls, create, played, walked
from tests.workflow_scripts import PATIENCE_SECONDS, SCRIPTS, Dies, Fails, Played, Script, Sleeps, definition

AT_ONCE = 100
BY_NAME = {script.name: script for script in SCRIPTS}
EVERY = pytest.mark.parametrize("script", SCRIPTS, ids=BY_NAME)


@pytest.fixture(scope="module")
def on_moto() -> Iterator[dict[str, Played]]:
    """What moto's engine makes of every script, played side by side."""
    config: Any = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}
    calls: dict[str, Calls] = {name: [] for name in BY_NAME}
    over = threading.Event()

    def invoke(_: Any, function_name: str, __: Any, body: Any, ___: Any, response_headers: Any) -> bytes:
        payload = json.loads(body)
        script = BY_NAME[payload["job"]["order_id"]]
        line = script.lines[len(calls[script.name])]
        calls[script.name].append((function_name.rpartition(":")[2], payload))
        told = DEAD if isinstance(line.told, Dies) else line.told
        if isinstance(told, Sleeps):
            over.wait(PATIENCE_SECONDS + 1)
            return b"null"
        if isinstance(told, Fails):
            response_headers["x-amz-function-error"] = "Unhandled"
            return told.cause.encode()
        return json.dumps(told).encode()

    with pytest.MonkeyPatch.context() as patch, mock_aws(config=config):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
        patch.setattr(LambdaSimpleBackend, "invoke", invoke)
        let_definitions_be_parsed_once(patch)
        boto3.client("lambda").list_functions()  # what moto loads at the first call, a hundred runs would load at once
        engine = boto3.client("stepfunctions")
        arns = create(engine, "arn:aws:iam::123456789012:role/workflow", "arn:aws:lambda:eu-west-2:123456789012:")
        yield dict(played(engine, arns, lambda script: list(calls[script.name]), AT_ONCE))
        over.set()


@EVERY
def test_walker_when_it_plays_a_script_calls_what_the_script_says_and_ends_so(script: Script) -> None:
    made, _ = walked(script)
    assert [function for function, _ in made.calls] == [line.function for line in script.lines]
    assert made.status == script.ends


@EVERY
def test_walker_when_it_plays_a_script_does_as_motos_engine(script: Script, on_moto: dict[str, Played]) -> None:
    made, _ = walked(script)
    assert made == on_moto[script.name]


def test_scripts_together_leave_every_state_by_every_exit() -> None:
    exits = set()
    for name, state in definition()["States"].items():
        exits |= {(name, way) for way in ("Next", "Default") if way in state}
        exits |= {
            (name, f"{kind}[{at}]")
            for kind in ("Choices", "Retry", "Catch")
            for at, _ in enumerate(state.get(kind, []))
        }
    gone = {edge for script in SCRIPTS for edge in walked(script)[1]}
    assert exits == gone


def pauses(error: str, tries: int) -> list[float]:
    """The file's pauses between so many failures of the first step, with the template's own settings."""
    settings = {"RetryFirstWaitSeconds": "5", "UnknownOutcomeWaitSeconds": "75", "ParkedForSeconds": "600"}
    planned, made = list[tuple[float, Callable[[], None]]](), list[float]()
    engine = Engine(
        json.loads(workflow_definition(settings)),
        invoke=lambda _, __, answer: answer((error, "{}")),
        later=lambda seconds, act: planned.append((seconds, act)),
        clock=lambda: START,
        random=Random(1),
    )
    Execution(engine, "paused", {"job": {}})
    while len(made) < tries:
        seconds, act = planned.pop()
        made.append(seconds)
        act()
    return made


def test_walker_when_an_outcome_is_unknown_waits_half_as_long_again_each_time_up_to_the_cap() -> None:
    assert pauses("OutcomeUnknownError", 8) == [75, 112.5, 168.75, 253.125, 379.6875, 569.53125, 854.296875, 900]


def test_walker_when_nothing_happened_waits_a_random_part_of_twice_as_long_each_time_up_to_the_cap() -> None:
    made, caps = pauses("RetryableError", 400), [min(5.0 * 2**done, 900) for done in range(400)]
    assert all(0 <= pause <= cap for pause, cap in zip(made, caps, strict=True))
    assert 0.4 < sum(made) / sum(caps) < 0.6
