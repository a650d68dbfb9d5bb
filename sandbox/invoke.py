"""One function with one event, as Lambda runs it: AWS's runtime emulator, its Python client, the built files.

    python -m sandbox.invoke create_invoice events/05_create_invoice.mixed_vat.json

The function's settings are those of the local stack that is up (`make stack`). Those of all functions are
also written to `.local/env.json`, for `sam local invoke --env-vars`: a container reaches the stack's servers
as `host.docker.internal`, which Docker Desktop forwards to this machine's loopback.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import samcli

from sandbox import scene
from sandbox.addresses import LOCAL, LocalStack, StackError, private_file, running_stack
from sandbox.deployment import ARCHITECTURE, build
from sandbox.local_aws import emulator_python
from sandbox.processes import Processes, free_port
from sandbox.shared.arguments import OneSentence

_RUNTIME_EMULATOR = Path(samcli.__file__).parent / "local" / "rapid" / f"aws-lambda-rie-{ARCHITECTURE}"
_START_SECONDS = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the function's log, then its answer. Returns 1 if it failed."""
    parser = OneSentence(prog="invoke", description="One function with one event, as Lambda runs it.")
    parser.add_argument("function", help="a folder of functions/, such as create_invoice")
    parser.add_argument("event", type=Path, help="a file of events/")
    options = parser.parse_args(arguments)
    try:
        stack = running_stack()
        functions = _configurations(stack)
        with private_file(LOCAL / "env.json") as file:
            json.dump({name: _seen_from_a_container(variables) for name, (_, variables) in functions.items()}, file)
        _set_scene(stack)
        answer = _invoke(_resource(options.function), functions, json.loads(options.event.read_text("utf-8")))
    except (StackError, OSError, json.JSONDecodeError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=2, ensure_ascii=False))
    return 1 if isinstance(answer, dict) and "errorType" in answer else 0


def _set_scene(stack: LocalStack) -> None:
    """Place the order that the sample events are about in the sandbox shop, and open its run."""
    if "ordercloud" in stack.pids:
        scene.place_order(stack.ordercloud_url)
        scene.open_run(stack.ledger_table, **stack.client_arguments)


def _invoke(resource: str, functions: Mapping[str, tuple[dict[str, Any], dict[str, str]]], event: Any) -> Any:
    if sys.platform != "linux":
        raise StackError("The runtime emulator runs on Linux only. Use: sam local invoke --env-vars .local/env.json")
    if resource not in functions:
        raise StackError(f"There is no {resource}. There are: {', '.join(functions)}.")
    configuration, variables = functions[resource]
    built = build(LOCAL)
    api, port = (f"127.0.0.1:{free_port()}" for _ in range(2))
    command = [str(_RUNTIME_EMULATOR), "--log-level", "error", "--runtime-interface-emulator-address", port]
    command += [
        "--runtime-api-address",
        api,
        emulator_python(),
        "-m",
        "awslambdaric",
        configuration["Handler"],
    ]
    environment = variables | {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": os.pathsep.join([str(built / resource), str(built / "CommonLayer" / "python")]),
        "AWS_LAMBDA_FUNCTION_NAME": configuration["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(configuration["Timeout"]),
        "AWS_LAMBDA_LOG_FORMAT": configuration["LoggingConfig"]["LogFormat"],
    }
    with TemporaryDirectory(prefix="kashflow-invoke-") as folder, Processes(Path(folder)) as processes:
        log = processes.start("function", command, environment, built / resource)
        try:
            return _post(f"http://{port}/2015-03-31/functions/function/invocations", event)
        finally:
            print(log.read_text("utf-8", "replace"), file=sys.stderr, end="")


def _post(address: str, event: Any) -> Any:
    """The runtime emulator starts to listen at once, and the function at the first event."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(address, json.dumps(event).encode()) as answer:  # noqa: S310  our own
                return json.loads(answer.read() or b"null")
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _configurations(stack: LocalStack) -> dict[str, tuple[dict[str, Any], dict[str, str]]]:
    """What each function is deployed with, and its environment, by the name of its resource."""
    cloudformation = boto3.client("cloudformation", **stack.client_arguments)
    functions = boto3.client("lambda", **stack.client_arguments)
    resources = cloudformation.describe_stack_resources(StackName=stack.stack_name)["StackResources"]
    found: dict[str, Any] = {
        resource["LogicalResourceId"]: functions.get_function_configuration(FunctionName=resource["PhysicalResourceId"])
        for resource in resources
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }
    return {
        name: (configuration, configuration["Environment"]["Variables"] | stack.aws_environment)
        for name, configuration in found.items()
    }


def _seen_from_a_container(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value.replace("127.0.0.1", "host.docker.internal") for name, value in variables.items()}


def _resource(folder: str) -> str:
    return "".join(word.capitalize() for word in folder.split("_")) + "Function"


if __name__ == "__main__":
    sys.exit(main())
