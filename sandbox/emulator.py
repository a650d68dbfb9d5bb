"""The local AWS: MiniStack, corrected where it would not run what AWS runs.

- Its bundled Python worker calls every error `Runtime.HandlerError`, so no retry or catch by name could match. It also
  serves the real Runtime API, for functions on `provided` runtimes; Python functions go that way here, by AWS's own
  runtime client.
- It takes half an answer of a worker that died for a whole one.
- A worker that dies while it starts takes the others of its function with it, under a name that AWS does not know.
- Concurrency reserved for a function does not apply to its aliases.
- It starts a worker for every call that finds none free, without bound (`workers.py`).
- It reads workflows in JSON only, where CloudFormation takes YAML too.
- A workflow's throttled call has no error name; and a workflow waits for a task token although its function has
  failed, where on AWS the task fails at once.
- It requires a separate permission for a batch of messages.
- It knows composite alarms, but not in a template.

The corrections touch private names of MiniStack: its version is pinned, and `tests/e2e/test_emulator_contract.py`,
`test_workflow_engine.py` and `test_local_stack.py` say what must hold.

Runs in an environment of its own (`requirements/emulator.in`) and is configured by environment variables:
`GATEWAY_PORT`, `BIND_HOST`, `AUTH`, `LAMBDA_WARM_TTL_SECONDS`, `FUNCTION_LOGS`. It ends when its standard input is
closed, so it never outlives its owner.
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path
from shlex import quote
from typing import Any

import yaml
from ministack.app import main
from ministack.core import iam_actions, lambda_runtime
from ministack.services import cloudwatch, lambda_svc, stepfunctions
from ministack.services.cloudformation import provisioners

from sandbox.workers import Worker, turn

_BOOTSTRAP = f"""#!/bin/sh
exec {quote(sys.executable)} {quote(str(Path(__file__).with_name("bootstrap.py")))}
"""

_code_folder = lambda_svc._provided_runtime_code_dir
_worker_environment = lambda_svc._provided_worker_env
_run_bundled = lambda_svc._execute_function_warm
_bundled_class = lambda_runtime._worker_class_for
_definition = provisioners._sfn_definition
_iam_action = iam_actions.extract_iam_action
_call_function = stepfunctions._call_lambda
_reserved = lambda_svc._reserved_concurrency
_run_task = stepfunctions._invoke_resource_with_timeout


def _is_python(config: dict[str, Any]) -> bool:
    return str(config.get("Runtime", "")).startswith("python")


def code_folder(archive: bytes) -> str:
    """The unpacked function, with a bootstrap that runs it if it brings none."""
    folder: str = _code_folder(archive)
    bootstrap = Path(folder, "bootstrap")
    if not bootstrap.exists():
        draft = bootstrap.with_name(f"bootstrap.{threading.get_ident()}")
        draft.write_text(_BOOTSTRAP, "utf-8")
        draft.chmod(0o700)
        draft.replace(bootstrap)
    return folder


def worker_environment(config: dict[str, Any], folder: str, port: int) -> dict[str, str]:
    """What a function sees on Lambda: its folder before its layers, and names as AWS writes them."""
    environment: dict[str, str] = _worker_environment(config, folder, port)
    if _is_python(config):
        archives = filter(None, map(lambda_svc._resolve_layer_zip, config.get("Layers", [])))
        layers = [f"{lambda_svc._docker_extracted_dir(archive, 'layer')}/python" for archive in archives]
        logging = config.get("LoggingConfig") or {}
        environment |= {
            "PYTHONPATH": os.pathsep.join([folder, *layers]),
            "TZ": ":UTC",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
            "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("LogGroup", f"/aws/lambda/{config['FunctionName']}"),
            "AWS_LAMBDA_LOG_FORMAT": logging.get("LogFormat", "Text"),
        }
        environment.setdefault("AWS_ENDPOINT_URL", f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}")
    return environment


def worker_class(config: dict[str, Any]) -> Any:
    """Workers that speak the Runtime API, for Python too."""
    return Worker if _is_python(config) else _bundled_class(config)


def run_warm(function: dict[str, Any], event: Any, request_id: str) -> Any:
    """One invocation, when a worker is free."""
    config = function.get("config") or function
    run = lambda_svc._execute_function_provided_warm if _is_python(config) else _run_bundled
    with turn(config["FunctionName"]):
        return run(function, event, request_id)


def run_task(resource: str, given: Any, seconds: float) -> Any:
    """One task of a workflow; its time begins when a worker is free."""
    if not resource.endswith(":lambda:invoke"):
        return _run_task(resource, given, seconds)
    _, _, function = lambda_svc._get_func_record_for_ref(given["FunctionName"])
    with turn(function):
        return _run_task(resource, given, seconds)


def reserved_concurrency(function: dict[str, Any], config: dict[str, Any]) -> int | None:
    """What is reserved for a function is shared by its versions and aliases."""
    number: int | None = _reserved(lambda_svc._functions.get(config["FunctionName"]) or function, config)
    return number


def one_at_a_time(*_: object) -> int:
    """A queue hands over one batch after another: on AWS several are served at once, here they would only wait."""
    return 1


def definition(properties: dict[str, Any]) -> str:
    """A workflow as JSON; CloudFormation takes YAML as well, MiniStack would fail at the first run."""
    return json.dumps(yaml.safe_load(_definition(properties)))


def call_function(function: str, event: Any) -> Any:
    """A workflow calls a function. One that fails and was given a task token fails its task, unless it is answered."""
    try:
        return _call_function(function, event)
    except stepfunctions._ExecutionError as failure:
        if failure.error == "Lambda.Unknown" and "TooManyRequestsException" in failure.cause:
            failure.error = "Lambda.TooManyRequestsException"
        given = json.dumps(event)
        for token, task in list(stepfunctions._task_tokens.items()):
            if token in given and not task["event"].is_set():
                task["error"] = {"Error": failure.error, "Cause": failure.cause}
                task["event"].set()
        raise


def iam_action(service: str, *call: Any) -> str | None:
    """What a call needs permission for; AWS has one permission for one message and for a batch."""
    action: str | None = _iam_action(service, *call)
    return action.removesuffix("Batch") if action and service == "sqs" else action


def put_composite(
    _logical_id: str, properties: dict[str, Any], stack: str, name: str = ""
) -> tuple[str, dict[str, Any]]:
    """A composite alarm of a template; its name and its ARN."""
    name = name or properties.get("AlarmName") or provisioners._physical_name(stack, _logical_id, max_len=255)
    status, _, said = cloudwatch._put_composite_alarm({}, {**properties, "AlarmName": name}, False, True)
    if status >= 400:
        raise ValueError(said)
    return name, {"Arn": cloudwatch._composite_alarms[name]["AlarmArn"]}


COMPOSITE = {
    "create": put_composite,
    "update": lambda name, _old, new, stack: put_composite("", new, stack, name),
    "delete": lambda name, _properties: cloudwatch._composite_alarms.pop(name, None),
}


def _end_with_owner() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    lambda_svc._provided_runtime_code_dir = code_folder
    lambda_svc._provided_worker_env = worker_environment
    lambda_svc._execute_function_warm = run_warm
    lambda_svc._reserved_concurrency = reserved_concurrency
    lambda_runtime._worker_class_for = worker_class
    provisioners._sfn_definition = definition
    provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::CompositeAlarm"] = COMPOSITE
    iam_actions.extract_iam_action = iam_action
    stepfunctions._call_lambda = call_function
    stepfunctions._invoke_resource_with_timeout = run_task
    lambda_svc._sqs_esm_concurrency = one_at_a_time
    threading.Thread(target=_end_with_owner, daemon=True).start()
    main()
