"""What is given to the local stack and its commands: used as it is meant, or refused in one sentence."""

import json
import os
import subprocess
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from sandbox import demo, load, logs, order, stack
from sandbox.addresses import ROOT, StackError
from sandbox.kashflow.app import create_app
from sandbox.processes import free_port
from sandbox.shared.serve import launch, running
from sandbox.stack_options import StackOptions, given_parameters


def run_bridge(*words: str) -> "subprocess.CompletedProcess[str]":
    """The command, told to use a stack that is not up."""
    command = [sys.executable, "-m", "sandbox.bridge", *words]
    environment = os.environ | {"STACK": "nowhere.json"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_parameters_are_pairs_whose_values_may_have_blanks() -> None:
    assert given_parameters('A=b  C="d e=f" G=') == {"A": "b", "C": "d e=f", "G": ""}
    with pytest.raises(ArgumentTypeError, match="LogLevel is not a pair"):
        given_parameters("LogLevel")


def test_parameters_go_over_those_of_the_local_stack() -> None:
    options = StackOptions(parameters={"RetryFirstWaitSeconds": "7"})
    assert options.template_parameters("k", "o")["RetryFirstWaitSeconds"] == "7"


def test_parameter_that_the_template_has_not_is_refused() -> None:
    StackOptions(parameters={"LogLevel": "DEBUG"}).check()
    with pytest.raises(StackError, match="has no parameter LogLevels"):
        StackOptions(parameters={"LogLevels": "DEBUG"}).check()


def test_rules_that_cannot_be_used_are_refused_before_anything_is_started(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="cannot be read"):
        StackOptions(rules=tmp_path / "nowhere.yaml").check()
    wrong = tmp_path / "rules.yaml"
    wrong.write_text("vat: {clases: {}}\n", "utf-8")
    with pytest.raises(StackError, match="clases"):
        StackOptions(rules=wrong).check()


def test_system_that_does_not_answer_is_named_with_its_address() -> None:
    silent = f"http://127.0.0.1:{free_port()}"
    with running(create_app()) as url:
        (told,) = StackOptions(kashflow_url=f"{url}/v2", ordercloud_url=silent).out_of_reach()
    assert told == f"ORDERCLOUD_URL {silent} cannot be reached: Connection refused. Orders wait until it can."


def serve(arguments: Sequence[str]) -> None:
    launch((), create_app, arguments)


@pytest.mark.parametrize(
    ("command", "words", "told"),
    [
        (demo.main, ("--limit", "x"), "--limit: 'x' is not a whole number from 1 on.\n"),
        (load.main, ("--rate", "0"), "--rate: '0' is not a whole number from 1 on.\n"),
        (stack.main, ("--parameters", "A"), '--parameters: A is not a pair such as "LogLevel=DEBUG".\n'),
        (serve, ("--port", "99999"), "--port: '99999' is not a port: 0 (any that is free) to 65535.\n"),
    ],
)
def test_what_was_given_wrongly_is_told_in_one_sentence(
    command: Callable[[Sequence[str]], Any], words: Sequence[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        command(words)
    assert capsys.readouterr() == ("", told)


def test_port_that_is_taken_is_told_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with running(create_app()) as url, pytest.raises(SystemExit, match="2"):
        serve(("--port", url.rpartition(":")[2]))
    assert capsys.readouterr().err.endswith("cannot be used: Address already in use.\n")


@pytest.mark.parametrize("command", [order.main, lambda: logs.main(())])
def test_command_without_a_stack_says_how_to_start_one(
    command: Callable[[], int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STACK", "nowhere.json")
    assert command() == 1
    assert capsys.readouterr().err.startswith("No local stack that nowhere.json describes is up. Start one with `make")


def test_bridge_without_a_stack_fails_as_json_and_still_explains_itself() -> None:
    done = run_bridge("list", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "NO_STACK"
    assert "Start one with `make stack`" in done.stderr
    assert run_bridge("--help").stdout.startswith("usage: bridge")
