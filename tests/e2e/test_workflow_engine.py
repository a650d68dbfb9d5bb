"""The local AWS's engine makes of the workflow file what the simulation's walker makes of it."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from sandbox.deployment import RUNTIME
from tests.deployed import STEPS
from tests.workflow_engines import Calls, create, played, walked
from tests.workflow_scripts import PATIENCE_SECONDS, SCRIPTS, Played, Script

pytestmark = pytest.mark.e2e

ROLE = "arn:aws:iam::000000000000:role/anybody"
AT_ONCE = 10
HANDLER = """
import json, os, pathlib, signal, time

PLAN = json.loads(pathlib.Path(__file__).with_name("plan.json").read_text("utf-8"))
BEYOND = {"name": "SupersededError", "words": "the script has ended, the run has not"}

def lambda_handler(event, context):
    name = event["job"]["order_id"]
    journal = pathlib.Path(PLAN["folder"], name)
    position = len(journal.read_text("utf-8").splitlines()) if journal.exists() else 0
    with journal.open("a", encoding="utf-8") as file:
        file.write(json.dumps([context.function_name, event]) + "\\n")
    script = PLAN["scripts"][name]
    kind, told = script[position] if position < len(script) else ("Fails", BEYOND)
    if kind == "Dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "Sleeps":
        time.sleep(PLAN["patience"] + 1)
    if kind == "Fails":
        raise type(told["name"], (Exception,), {})(told["words"])
    return told
"""


@pytest.fixture(scope="module")
def on_ministack(client: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Played]:
    """What MiniStack's engine makes of every script, played side by side."""
    journals = tmp_path_factory.mktemp("journals")
    make_functions(client("lambda"), journals)
    arns = create(client("stepfunctions"), ROLE, "arn:aws:lambda:eu-west-2:000000000000:")

    def calls_of(script: Script) -> Calls:
        journal = journals / script.name
        lines = journal.read_text("utf-8").splitlines() if journal.exists() else []
        return [(function, payload) for function, payload in map(json.loads, lines)]

    return dict(played(client("stepfunctions"), arns, calls_of, AT_ONCE))


def make_functions(client: Any, journals: Path) -> None:
    """One function for each step, all of the same code: it writes the call down and does as the script says."""
    scripts = {
        script.name: [
            (type(line.told).__name__, line.told if isinstance(line.told, dict) else asdict(line.told))
            for line in script.lines
        ]
        for script in SCRIPTS
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        plan = {"folder": str(journals), "patience": PATIENCE_SECONDS, "scripts": scripts}
        file.writestr("plan.json", json.dumps(plan))
        file.writestr("app.py", HANDLER)
    for step in STEPS:
        client.create_function(
            FunctionName=step,
            Runtime=RUNTIME,
            Role=ROLE,
            Handler="app.lambda_handler",
            Timeout=PATIENCE_SECONDS + 3,
            Code={"ZipFile": archive.getvalue()},
        )


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.name for script in SCRIPTS])
def test_local_engine_when_it_plays_a_script_does_as_the_walker(
    script: Script, on_ministack: dict[str, Played]
) -> None:
    expected, _ = walked(script)
    if script.unlike_on_ministack:  # a difference that is known; once it is gone, so should be the words
        assert on_ministack[script.name] != expected, script.unlike_on_ministack
    else:
        assert on_ministack[script.name] == expected
