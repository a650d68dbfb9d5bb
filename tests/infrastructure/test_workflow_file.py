"""The workflow file: one retry policy in every step, and no step goes its own way."""

import re
from typing import Any

import pytest
import yaml

from sandbox.workflow_file import RETRY_POLICY, with_retry_policy
from tests.deployed import WORKFLOW_FILE

TEXT = WORKFLOW_FILE.read_text("utf-8")
POLICY = RETRY_POLICY.read_text("utf-8")
STATES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
STEPS = sorted(TASKS.keys() - {"ParkOrder"})
NEW_STEP = """
  SendReceipt:
    Type: Task
    Resource: arn:aws:states:::lambda:invoke
    Next: Done
"""


def common(step: str) -> dict[str, Any]:
    """What a step should share with every other, its own name left out."""
    task = TASKS[step]
    named = {
        "Retry": task["Retry"],
        "Catch": task["Catch"],
        "TimeoutSeconds": task["TimeoutSeconds"],
        "Resource": task["Resource"],
        "job": task["Parameters"]["Payload"]["job.$"],
        "attempt": task["Parameters"]["Payload"]["attempt"],
        "Stopped": STATES[f"{step}Stopped"],
    }
    shared: dict[str, Any] = yaml.safe_load(yaml.safe_dump(named).replace(step, "<Step>"))
    return shared


def changed_in_one_step(step: str, old: str, new: str) -> str:
    head, tail = TEXT.split(f"\n  {step}:\n")
    assert old in tail
    return f"{head}\n  {step}:\n{tail.replace(old, new, 1)}"


def retriers(task: str) -> dict[str, dict[str, Any]]:
    """How a task is tried again after each error."""
    return {error: retry for retry in TASKS[task]["Retry"] for error in retry["ErrorEquals"]}


def test_workflow_file_holds_what_the_command_writes() -> None:
    assert with_retry_policy(TEXT, POLICY) == TEXT, "run `make workflow`"


@pytest.mark.parametrize("step", STEPS)
def test_step_is_retried_and_caught_as_every_other(step: str) -> None:
    assert common(step) == common(STEPS[0])


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("IntervalSeconds: ${UnknownOutcomeWaitSeconds}", "IntervalSeconds: ${RetryFirstWaitSeconds}"),
        ("          - OutcomeUnknownError\n", ""),
        ("MaxAttempts: 400\n", "MaxAttempts: 3\n"),
        ("        Next: Superseded\n", "        Next: ParkOrder\n"),
    ],
)
def test_command_sets_right_what_was_changed_in_one_step(step: str, old: str, new: str) -> None:
    changed = changed_in_one_step(step, old, new)
    assert changed != TEXT
    assert with_retry_policy(changed, POLICY) == TEXT


def test_command_leaves_all_else_in_the_file_alone() -> None:
    noted = TEXT.replace("  ChooseStep:\n", "  # A note between two states.\n  ChooseStep:\n")
    assert with_retry_policy(noted, POLICY) == noted
    slower = TEXT.replace("TimeoutSeconds: 150", "TimeoutSeconds: 200")
    assert with_retry_policy(slower, POLICY) == slower


def test_new_step_is_given_the_policy() -> None:
    states = yaml.safe_load(with_retry_policy(TEXT + NEW_STEP, POLICY))["States"]
    assert states["SendReceipt"]["Retry"] == TASKS["CreateInvoice"]["Retry"]
    assert states["SendReceipt"]["Catch"][-1] == {
        "ErrorEquals": ["States.ALL"],
        "ResultPath": "$.error",
        "Next": "SendReceiptStopped",
    }
    assert states["SendReceiptStopped"]["Result"] == {"step": "SendReceipt"}


@pytest.mark.parametrize("task", sorted(TASKS))
def test_error_is_retried_in_one_way_only(task: str) -> None:
    errors = [error for retry in TASKS[task]["Retry"] for error in retry["ErrorEquals"]]
    assert len(errors) == len(set(errors))


@pytest.mark.parametrize("step", STEPS)
def test_step_whose_outcome_is_unknown_waits_for_the_slowest_write_and_is_never_tried_sooner(step: str) -> None:
    waits = {error: retry["IntervalSeconds"] for error, retry in retriers(step).items()}
    unknown = {"OutcomeUnknownError", "Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout", "States.Timeout"}
    assert {waits[error] for error in unknown} == {"${UnknownOutcomeWaitSeconds}"}
    assert not [error for error in unknown if "JitterStrategy" in retriers(step)[error]]


def test_parking_is_retried_as_a_step_is_but_for_lost_answers() -> None:
    """It writes nothing in KashFlow, so a lost answer may be followed by another try at once."""
    step, parking = retriers("CreateInvoice"), retriers("ParkOrder")
    assert parking["HeldBackError"] == step["HeldBackError"]
    assert parking["RetryableError"] | {"ErrorEquals": []} == step["RetryableError"] | {"ErrorEquals": []}
    assert set(step["RetryableError"]["ErrorEquals"]) < set(parking["RetryableError"]["ErrorEquals"])
    assert "States.Timeout" not in parking


def test_every_state_can_be_reached() -> None:
    targets = set(re.findall(r"(?:Next|Default|StartAt): (\w+)", TEXT))
    assert targets == set(STATES)
