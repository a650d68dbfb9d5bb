"""What Step Functions remembers of a run: when it ran, and every attempt at its steps.

Of an error only the name is shown: its text may come from anywhere.
"""

from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from ..canonical.keys import execution_name
from .values import Attempt, RunShown

_FAILED = ("LambdaFunctionFailed", "LambdaFunctionTimedOut", "TaskFailed", "TaskTimedOut")


def run_shown(stepfunctions: Any, state_machine: str, key: str, number: int) -> RunShown:
    """One run of a subject. Step Functions forgets it ninety days after its end."""
    name = execution_name(key, number)
    arn = f"{state_machine.replace(':stateMachine:', ':execution:')}:{name}"
    try:
        found = stepfunctions.describe_execution(executionArn=arn)
        attempts = tuple(_attempts(stepfunctions, arn))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
            raise
        return RunShown(number, arn, "FORGOTTEN")
    started_at, stopped_at = (_utc(found[one]) if one in found else None for one in ("startDate", "stopDate"))
    return RunShown(number, arn, found["status"], started_at, stopped_at, attempts)


def _attempts(stepfunctions: Any, arn: str) -> list[Attempt]:
    """The steps entered and the attempts that failed, oldest first."""
    attempts, step = list[Attempt](), ""
    for page in stepfunctions.get_paginator("get_execution_history").paginate(executionArn=arn):
        for event in page["events"]:
            if event["type"] == "TaskStateEntered":
                step = event["stateEnteredEventDetails"]["name"]
                attempts.append(Attempt(step, _utc(event["timestamp"])))
            elif event["type"] in _FAILED:
                details: dict[str, Any] = next((event[one] for one in event if one.endswith("EventDetails")), {})
                attempts.append(Attempt(step, _utc(event["timestamp"]), details.get("error") or event["type"]))
    return attempts


def _utc(moment: datetime) -> datetime:
    """AWS's moments come in the time zone of this machine."""
    return moment.astimezone(UTC)
