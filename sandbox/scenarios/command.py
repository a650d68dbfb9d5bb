"""The command `bridge`, asked about a local stack."""

import json
import os
import subprocess
import sys
from typing import Any

from sandbox.addresses import ROOT, LocalStack, StackError


def ask(stack: LocalStack, *arguments: str) -> Any:
    """The command's answer, parsed. Raises `StackError` with its own words if it fails."""
    environment = os.environ | stack.aws_environment
    environment |= {"BRIDGE_STACK": stack.stack_name, "PYTHONPATH": str(ROOT / "layers" / "common")}
    command = [sys.executable, "-m", "sitecore_kashflow.bridge", "--json", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"bridge {' '.join(arguments)}: {done.stderr.strip()}")
    return json.loads(done.stdout)
