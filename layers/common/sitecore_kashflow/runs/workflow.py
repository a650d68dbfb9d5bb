"""Starting a run of the workflow under its natural name."""

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ..canonical.keys import execution_name

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient


class Workflow:
    """One state machine."""

    def __init__(self, stepfunctions: "SFNClient", state_machine_arn: str) -> None:
        self._stepfunctions = stepfunctions
        self._arn = state_machine_arn

    def start(self, *, order_key: str, order_id: str, run: int, correlation_id: str, is_backfill: bool) -> str | None:
        """Start the run, once: one that is under way is left alone. Returns its ARN, or None if it is over already."""
        name = execution_name(order_key, run)
        job = {
            "order_key": order_key,
            "order_id": order_id,
            "run": run,
            "correlation_id": correlation_id,
            "is_backfill": is_backfill,
        }
        try:
            answer = self._stepfunctions.start_execution(
                stateMachineArn=self._arn, name=name, input=json.dumps({"job": job})
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
            arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}"
            return arn if self.is_under_way(arn) else None
        return answer["executionArn"]

    def is_under_way(self, execution_arn: str) -> bool:
        """Whether a run works or waits. Step Functions forgets runs ninety days after their end."""
        try:
            return self._stepfunctions.describe_execution(executionArn=execution_arn)["status"] == "RUNNING"
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
                raise
            return False
