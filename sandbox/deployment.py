"""The real template, built and deployed on the local AWS by the same two commands that a shop uses."""

import compileall
import fcntl
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any

import boto3
from samtranslator.yaml_helper import yaml_parse

from sandbox.addresses import ROOT, StackError, client_arguments, private_file

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"

_SOURCES = ("template.yaml", "layers/common", "functions")
_NOT_SOURCES = {"__pycache__", ".mypy_cache", ".ruff_cache"}
_SAM = Path(sys.executable).parent / "sam"
_BUCKET = "artefacts"


def build(local: Path) -> Path:
    """Build for the Python and the processor of this machine, if anything changed. Returns the folder."""
    home = local / "build" / f"{RUNTIME}-{ARCHITECTURE}"
    home.mkdir(parents=True, exist_ok=True)
    built, stamp = home / "artefacts", home / "inputs"
    with _alone(home / "lock"):
        inputs = _fingerprint()
        if stamp.exists() and stamp.read_text("ascii") == inputs:
            return built
        stamp.unlink(missing_ok=True)
        path = os.pathsep.join([str(_SAM.parent), os.environ.get("PATH", "")])
        _sam(
            "build",
            {
                "--build-dir": str(built),
                "--cache-dir": str(home / "cache"),
                "--parameter-overrides": f"Runtime={RUNTIME} Architecture={ARCHITECTURE}",
            },
            environment=_without_aws(os.environ) | {"PATH": path},
            log=local / "build.log",
        )
        compileall.compile_dir(built / "CommonLayer", quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
        stamp.write_text(inputs, "ascii")
    return built


def deploy(
    built: Path,
    *,
    stack_name: str,
    parameters: Mapping[str, str],
    environment: Mapping[str, str],
    local: Path,
) -> dict[str, str]:
    """Deploy on the AWS that `environment` names. Returns the template's outputs."""
    arguments = client_arguments(environment)
    s3 = boto3.client("s3", **arguments)
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": arguments["region_name"]})
    given = local / f"parameters-{os.getpid()}.yaml"
    try:
        with private_file(given) as file:
            json.dump(dict(parameters), file)
        _sam(
            "deploy",
            {
                "--config-env": "local",
                "--template-file": str(built / "template.yaml"),
                "--stack-name": stack_name,
                "--s3-bucket": _BUCKET,
                "--capabilities": "CAPABILITY_IAM",
                "--parameter-overrides": f"file://{given}",
            },
            environment=dict(environment),
            log=local / "deploy.log",
        )
    finally:
        given.unlink(missing_ok=True)
    stacks = boto3.client("cloudformation", **arguments).describe_stacks(StackName=stack_name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}


def template_parameters() -> list[str]:
    """The names of the template's parameters."""
    return list(yaml_parse((ROOT / "template.yaml").read_text("utf-8"))["Parameters"])


def let_items_expire(outputs: Mapping[str, str], arguments: Mapping[str, Any]) -> None:
    """The local AWS ignores the time to live in a template, but obeys its API."""
    dynamodb = boto3.client("dynamodb", **arguments)
    for table, attribute in (("LedgerTableName", "expires_at"), ("IdempotencyTableName", "expiration")):
        dynamodb.update_time_to_live(
            TableName=outputs[table],
            TimeToLiveSpecification={"Enabled": True, "AttributeName": attribute},
        )


def reserve_concurrency(number: int, built: Path, stack_name: str, arguments: Mapping[str, Any]) -> None:
    """The local AWS ignores reserved concurrency in a template, but obeys its API."""
    stacks, functions = boto3.client("cloudformation", **arguments), boto3.client("lambda", **arguments)
    for name, resource in yaml_parse((built / "template.yaml").read_text("utf-8"))["Resources"].items():
        if number and "ReservedConcurrentExecutions" in resource.get("Properties", {}):
            found = stacks.describe_stack_resource(StackName=stack_name, LogicalResourceId=name)
            physical = found["StackResourceDetail"]["PhysicalResourceId"]
            functions.put_function_concurrency(FunctionName=physical, ReservedConcurrentExecutions=number)


def publish_rules(document: Path, outputs: Mapping[str, str], arguments: Mapping[str, Any]) -> None:
    """Publish a shop's own rules, as an operator does."""
    appconfig = boto3.client("appconfig", **arguments)
    application, environment = outputs["RulesApplicationId"], outputs["RulesEnvironmentId"]
    version = appconfig.create_hosted_configuration_version(
        ApplicationId=application,
        ConfigurationProfileId=outputs["RulesProfileId"],
        Content=document.read_bytes(),
        ContentType="application/x-yaml",
    )["VersionNumber"]
    number = appconfig.start_deployment(
        ApplicationId=application,
        EnvironmentId=environment,
        ConfigurationProfileId=outputs["RulesProfileId"],
        DeploymentStrategyId=outputs["RulesDeploymentStrategyId"],
        ConfigurationVersion=str(version),
    )["DeploymentNumber"]
    for _ in range(100):
        state = appconfig.get_deployment(ApplicationId=application, EnvironmentId=environment, DeploymentNumber=number)[
            "State"
        ]
        if state == "COMPLETE":
            return
        time.sleep(0.1)
    raise StackError(f"The rules of {document} were not put in force: their deployment is {state}.")


def _sam(verb: str, options: Mapping[str, str], environment: Mapping[str, str], log: Path) -> None:
    with log.open("wb") as output:
        done = subprocess.run(
            [str(_SAM), verb, *(word for option in options.items() for word in option)],
            cwd=ROOT,
            env={"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2"} | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])
        raise StackError(f"sam {verb} failed. The end of {log}:\n{tail}")


def _without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith("AWS_")}


def _fingerprint() -> str:
    """Changes when anything that is built changes."""
    digest = hashlib.sha256()
    for path in sorted(path for source in _SOURCES for path in [ROOT / source, *(ROOT / source).rglob("*")]):
        if path.is_file() and _NOT_SOURCES.isdisjoint(path.parts):
            digest.update(f"{path.relative_to(ROOT)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
