"""What is given to `make` reaches the commands as it is: neither make nor a shell reads it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deployed import ROOT

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
NAMES_OF_PROGRAMS = {"PYTHON", "RUNTIME", "ARCHITECTURE"}
HELP = re.findall(r"^([a-z-]+): setup ## (.+)$", MAKEFILE, re.MULTILINE)
ASKED = [(target, name) for target, words in HELP for name in re.findall(r"\b([A-Z_]+)=", words)]
GIVEN = [one for one in ASKED if one[1] not in NAMES_OF_PROGRAMS]
NEEDED = {
    target: re.findall(r"\$\(call needs,(\w+),", recipe)
    for target, recipe in re.findall(r"^([a-z-]+): setup ##.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
}
NOT_PASSED_ON = {"AFRESH", "ANEW", "DETAIL", "DRY_RUN", "FORGET", "STRICT", "THOROUGH", "WATCH", "YES"} | {
    "ARGS",
    "DOORS",
    "ONLY",
}
"""Switches; and lists of words, each of which is an argument."""

TRICKS = (
    "A; touch {0}; $(shell touch {0}) `touch {0}` \"; touch {0}; \" '; touch {0}; ' $(touch {0}) $$(touch {0}) $${{X}}"
)

RECORD = """#!{python}
import json, os, sys
with open({told!r}, "a") as file:
    json.dump([sys.argv[1:], os.environ.get("PYTEST_ADDOPTS", "")], file)
    file.write(chr(10))
"""


def make(tmp_path: Path, *words: str) -> list[tuple[list[str], str]]:
    """What `python` is called with, and pytest's options in the environment."""
    told, python = tmp_path / "told", tmp_path / "python"
    python.write_text(RECORD.format(python=sys.executable, told=str(told)), "utf-8")
    python.chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTEST"))},
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
    }
    subprocess.run(
        ["make", "-o", "setup", "VENV=.none", *words],  # noqa: S607
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return [tuple(json.loads(line)) for line in told.read_text("utf-8").splitlines()] if told.exists() else []


def test_every_variable_of_the_help_is_tried() -> None:
    declared = re.search(r"^GIVEN := (.*?)\n(?!\t)", MAKEFILE, re.MULTILINE | re.DOTALL)
    assert declared
    assert {name for _, name in GIVEN} | {"STACK", "CHANGES"} == set(declared[1].replace("\\", "").split())


@pytest.mark.parametrize(("target", "name"), GIVEN)
def test_what_is_given_is_never_run(tmp_path: Path, target: str, name: str) -> None:
    made = tmp_path / "made"
    value = TRICKS.format(made)
    others = [f"{one}=x" for one in NEEDED[target] if one != name]
    calls = make(tmp_path, target, f"{name}={value}", *others)
    assert not made.exists()
    words = [word for arguments, _ in calls for word in arguments]
    if name not in NOT_PASSED_ON:
        assert any(word in (value, f"--{name.lower()}={value}") for word in words), words


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["list"], ["list"]),
        (["list", "CAUSE=PERIOD_LOCKED"], ["list", "--cause=PERIOD_LOCKED"]),
        (["show", "ORDER=SO-1"], ["show", "--", "SO-1"]),
        (["retry", "ORDER=SO-1", "AFRESH=1"], ["retry", "--afresh", "--", "SO-1"]),
        (["retry", "CAUSE=AWS", "YES=1"], ["retry", "--cause=AWS", "--yes", "--"]),
        (["abandon", "ORDER=SO-1", "WHY=by hand"], ["abandon", "--why=by hand", "--", "SO-1"]),
        (["reopen", "ORDER=SO-1"], ["reopen", "--", "SO-1"]),
        (["backfill", "FROM=a", "TO=b"], ["backfill", "start", "--from=a", "--to=b"]),
        (["redrive"], ["redrive", "--"]),
        (["preview", "ORDER=SO-1", "RULES=r.yaml"], ["preview", "--rules=r.yaml", "--", "SO-1"]),
        (["compare", "LAST=5", "RULES=r.yaml"], ["compare", "--rules=r.yaml", "--", "5"]),
        (["duplicates", "ALLOW=all"], ["duplicates", "--allow=all"]),
    ],
)
def test_operators_target_calls_the_command(tmp_path: Path, words: list[str], arguments: list[str]) -> None:
    assert [called for called, _ in make(tmp_path, *words)] == [["-m", "sandbox.bridge", *arguments]]


@pytest.mark.parametrize("target", sorted(target for target, needed in NEEDED.items() if needed))
def test_command_without_what_it_needs_is_not_called(tmp_path: Path, target: str) -> None:
    assert make(tmp_path, target) == []


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["stack", "PARAMETERS=LogLevel=DEBUG A=b"], ["sandbox.stack", "--parameters", "LogLevel=DEBUG A=b"]),
        (["order"], ["sandbox.order"]),
        (["logs", "FN=create_invoice", "WATCH=1"], ["sandbox.logs", "--watch", "--", "create_invoice"]),
        (["load", "ORDERS=300", "RATE=5"], ["sandbox.load", "--orders", "300", "--rate", "5"]),
    ],
)
def test_target_of_the_local_stack_calls_its_program(tmp_path: Path, words: list[str], arguments: list[str]) -> None:
    assert [called for called, _ in make(tmp_path, *words)] == [["-m", *arguments]]


def test_arguments_of_the_tests_are_read_by_pytest(tmp_path: Path) -> None:
    ((arguments, options),) = make(tmp_path, "test", 'ARGS=-k "a or b"')
    assert arguments[:2] == ["-m", "pytest"]
    assert options.split() == ["-k", '"a', "or", 'b"']
