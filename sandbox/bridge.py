"""`make list`, `make show` and so on: the command `bridge` on the local stack, or on STACK."""

import json
import os
import subprocess
import sys

from sandbox.addresses import ROOT, StackError, running_stack


def main(arguments: list[str]) -> int:
    """Point the command at the stack, and run it."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "layers" / "common")}
    stack = os.environ.get("STACK", "")
    if stack and not stack.endswith(".json"):
        environment["BRIDGE_STACK"] = stack
    elif not {"--help", "-h", "--stack"}.intersection(arguments):
        try:
            local = running_stack()
            environment |= local.aws_environment | {"BRIDGE_STACK": local.stack_name}
        except StackError as error:
            if arguments[:1] != ["rules"]:
                return _failed(f"{error} A deployed one is named by STACK=name.", arguments)
    command = [sys.executable, "-m", "sitecore_kashflow.bridge", *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


def _failed(words: str, arguments: list[str]) -> int:
    """Say it as the command itself would."""
    print(words, file=sys.stderr)
    if "--json" in arguments:
        print(json.dumps({"error": {"code": "NO_STACK", "words": words}}, indent=1))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
