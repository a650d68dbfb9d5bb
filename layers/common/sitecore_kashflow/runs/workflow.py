"""Starting runs of the workflow, each under a name made from its subject and number."""

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ..canonical.keys import execution_name
from .records import Job
from .subject import Subject

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient


class Workflow:
    """One state machine."""

    def __init__(self, stepfunctions: "SFNClient", state_machine_arn: str) -> None:
        self._stepfunctions = stepfunctions
        self._arn = state_machine_arn

    def start(self, job: Job) -> str | None:
        """Start the run unless it is under way. Returns its ARN, or None if it is over already."""
        name = execution_name(job.subject.key, job.run)
        try:
            answer = self._stepfunctions.start_execution(
                stateMachineArn=self._arn, name=name, input=json.dumps({"job": job_fields(job)})
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
            arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}"
            return arn if self.is_under_way(arn) else None
        return answer["executionArn"]

    def is_under_way(self, execution_arn: str) -> bool:
        """Whether a run is working or waiting. Step Functions forgets runs ninety days after their end."""
        try:
            return self._stepfunctions.describe_execution(executionArn=execution_arn)["status"] == "RUNNING"
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
                raise
            return False

    def answer(self, token: str, decision: str) -> bool:
        """Tell the run that waits with this token what was decided. False if no run is waiting."""
        try:
            self._stepfunctions.send_task_success(taskToken=token, output=json.dumps({"decision": decision}))
        except ClientError as error:
            if error.response["Error"]["Code"] in _NOT_WAITING:
                return False
            raise
        return True


_NOT_WAITING = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")


def job_fields(job: Job) -> dict[str, object]:
    """A job as the workflow passes it on, without its attempt, which differs from step to step."""
    subject = {"kind": job.subject.kind, "source": job.subject.source, "id": job.subject.id}
    return {
        "subject": subject,
        "run": job.run,
        "correlation_id": job.correlation_id,
        "is_backfill": job.is_backfill,
        "is_asked_for": job.is_asked_for,
    }


def job_of(fields: dict[str, object], attempt: str) -> Job:
    """The job with these fields. Raises `KeyError`, `TypeError` or `ValueError` for others."""
    return Job(**fields | {"subject": Subject(**fields["subject"])}, attempt=attempt)  # type: ignore[arg-type]
