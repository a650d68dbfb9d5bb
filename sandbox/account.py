"""`make deploy` and `make upgrade`: the stack in an AWS account, with the answers and secrets that it has already.

The first deployment asks for everything. Each later one sends only what changes; for all else CloudFormation uses the
previous value, secrets included, which nobody need type again.
"""

import os
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from samtranslator.yaml_helper import yaml_parse

from sandbox.addresses import StackError

ROOT = Path(__file__).resolve().parent.parent
_SAM = str(Path(sys.executable).parent / "sam")


def main(arguments: Sequence[str]) -> int:
    """`deploy` or `upgrade`, then the parameters that the build was made for."""
    verb, *built_for = arguments
    try:
        changes = changed_parameters(os.environ.get("CHANGES", ""))
        command = sam_command(verb, [*built_for, *changes], is_there=_is_there(_settings()))
    except StackError as error:
        print(error)
        return 1
    return subprocess.run([_SAM, *command], cwd=ROOT, check=False).returncode


def sam_command(verb: str, parameters: Sequence[str], *, is_there: bool) -> list[str]:
    """What SAM is asked for. Raises `StackError` if there is nothing to upgrade."""
    if not is_there and verb == "upgrade":
        raise StackError("There is no stack to upgrade. `make deploy` makes one; STACK=name names another.")
    how = [] if is_there else ["--guided"]
    how += ["--no-confirm-changeset"] if verb == "upgrade" else []
    named = ["--stack-name", os.environ["STACK"]] if os.environ.get("STACK") else []
    return ["deploy", *how, *named, "--parameter-overrides", *parameters]


def changed_parameters(text: str) -> list[str]:
    """`Name=value` words, quoted as in a shell. Raises `StackError` for a name that the template does not have."""
    words = shlex.split(text)
    known = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))["Parameters"]
    wrong = [word for word in words if word.partition("=")[0] not in known or "=" not in word]
    if wrong:
        raise StackError(f"CHANGES has no parameter of the template in {', '.join(wrong)}: write Name=value.")
    return words


def _settings() -> Mapping[str, Any]:
    """The stack's name and region, as SAM reads them."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))
    shared, own = config["default"]["global"]["parameters"], config["default"]["deploy"]["parameters"]
    given = {"stack_name": os.environ["STACK"]} if os.environ.get("STACK") else {}
    return {**shared, **own, **given}


def _is_there(settings: Mapping[str, Any]) -> bool:
    stacks = boto3.client("cloudformation", region_name=settings.get("region"))
    try:
        (found,) = stacks.describe_stacks(StackName=settings["stack_name"])["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return False
    return bool(found["StackStatus"] != "REVIEW_IN_PROGRESS")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
