"""A deployed stack, found by its name: its outputs and parameters become the settings of this process."""

import os

import boto3

_OUTPUTS = {
    "LedgerTableName": "LEDGER_TABLE_NAME",
    "OrderQueueUrl": "ORDER_QUEUE_URL",
    "StateMachineArn": "STATE_MACHINE_ARN",
    "KashflowSecretName": "KASHFLOW_SECRET_NAME",
    "OrdercloudSecretName": "ORDERCLOUD_SECRET_NAME",
    "RulesApplicationId": "RULES_APPLICATION",
    "RulesEnvironmentId": "RULES_ENVIRONMENT",
    "RulesProfileId": "RULES_PROFILE",
    "RulesDeploymentStrategyId": "RULES_DEPLOYMENT_STRATEGY",
}
_PARAMETERS = {
    "KashflowUrl": "KASHFLOW_URL",
    "KashflowCallsPerSecond": "KASHFLOW_CALLS_PER_SECOND",
    "KashflowParallelCalls": "KASHFLOW_PARALLEL_CALLS",
    "OrdercloudUrl": "ORDERCLOUD_URL",
    "OrdercloudCallsPerSecond": "ORDERCLOUD_CALLS_PER_SECOND",
    "OrdercloudParallelCalls": "ORDERCLOUD_PARALLEL_CALLS",
    "CommitSettleSeconds": "COMMIT_SETTLE_SECONDS",
}


def enter_stack(name: str) -> None:
    """Copy names and addresses from the stack into the environment. Account and region come from the AWS profile."""
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    for output in stack.get("Outputs", []):
        if output["OutputKey"] in _OUTPUTS:
            os.environ[_OUTPUTS[output["OutputKey"]]] = output["OutputValue"]
    for parameter in stack.get("Parameters", []):
        if parameter["ParameterKey"] in _PARAMETERS:
            os.environ[_PARAMETERS[parameter["ParameterKey"]]] = parameter["ParameterValue"]
