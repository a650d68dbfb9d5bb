"""A deployed stack, found by its name: its outputs and parameters become the settings of this process."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from ..errors import PermanentError

_OUTPUTS = {
    "LedgerTableName": "LEDGER_TABLE_NAME",
    "OrderQueueUrl": "ORDER_QUEUE_URL",
    "BackfillQueueUrl": "BACKFILL_QUEUE_URL",
    "PayoutQueueUrl": "PAYOUT_QUEUE_URL",
    "StateMachineArn": "STATE_MACHINE_ARN",
    "KashflowSecretName": "KASHFLOW_SECRET_NAME",
    "OrdercloudSecretName": "ORDERCLOUD_SECRET_NAME",
    "RulesApplicationId": "RULES_APPLICATION",
    "RulesEnvironmentId": "RULES_ENVIRONMENT",
    "RulesProfileId": "RULES_PROFILE",
}
_PARAMETERS = {
    "KashflowUrl": "KASHFLOW_URL",
    "KashflowCallsPerSecond": "KASHFLOW_CALLS_PER_SECOND",
    "KashflowParallelCalls": "KASHFLOW_PARALLEL_CALLS",
    "RunsUnderWay": "RUNS_UNDER_WAY",
    "OrdercloudUrl": "ORDERCLOUD_URL",
    "OrdercloudCallsPerSecond": "ORDERCLOUD_CALLS_PER_SECOND",
    "OrdercloudParallelCalls": "ORDERCLOUD_PARALLEL_CALLS",
    "CommitSettleSeconds": "COMMIT_SETTLE_SECONDS",
    "Mode": "POSTING_MODE",
    "LiveFrom": "LIVE_FROM",
    "EnrichmentFunctionArn": "ENRICHMENT_FUNCTION_ARN",
}


def stack_in_environment() -> str:
    """The name of the stack that `BRIDGE_STACK` gives; empty if it gives none."""
    return os.environ.get("BRIDGE_STACK", "")


@dataclass(frozen=True)
class Stack:
    """One stack. `aws` offers `client(service)` as `boto3` does, for the account and region that were asked for."""

    name: str
    aws: Any

    def enter(self) -> None:
        """Copy names and addresses from the stack into the environment."""
        for names, values in ((_OUTPUTS, self.outputs), (_PARAMETERS, self._parameters)):
            os.environ.update({names[key]: value for key, value in values.items() if key in names})

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        return {one["OutputKey"]: one["OutputValue"] for one in self._described.get("Outputs", [])}

    def call(self, function: str, event: Any) -> Any:
        """Call a function by its name in the template, and return its answer. Raises `PermanentError` if it fails."""
        answer = self.aws.client("lambda").invoke(
            FunctionName=self.physical_id(function), Qualifier="live", Payload=json.dumps(event).encode()
        )
        told = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            raise PermanentError("FUNCTION_FAILED", f"{function} failed with {_kind_of(told)}. Its log says more.")
        return told

    def queue_url(self, queue: str) -> str:
        """The address of a queue by its name in the template."""
        return self.physical_id(queue)

    def physical_id(self, name: str) -> str:
        """What AWS calls a resource, by its name in the template."""
        found = self.aws.client("cloudformation").describe_stack_resource(StackName=self.name, LogicalResourceId=name)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    @property
    def _parameters(self) -> Mapping[str, str]:
        return {one["ParameterKey"]: one["ParameterValue"] for one in self._described.get("Parameters", [])}

    @cached_property
    def _described(self) -> Mapping[str, Any]:
        try:
            (stack,) = self.aws.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            raise PermanentError(
                "STACK_UNKNOWN",
                f"AWS has no stack {self.name} in this account and region. `--stack` names another, `--profile` and "
                "`--region` choose where to look.",
            ) from None
        found: Mapping[str, Any] = stack
        return found


def _kind_of(told: Any) -> str:
    """The name of the error alone: its text may be anything."""
    return str(told.get("errorType", "an error")) if isinstance(told, dict) else "an error"
