"""`make list`, `make show` and so on: the command `bridge` on the local stack, or on STACK."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL_STACK = ROOT / ".local" / "stack.json"


def main(arguments: list[str]) -> int:
    """Point the command at the stack, and run it."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "layers" / "common")}
    if stack := os.environ.get("STACK", ""):
        environment["BRIDGE_STACK"] = stack
    elif arguments[:1] != ["rules"]:
        if not LOCAL_STACK.exists():
            print("No local stack is up. Start one with `make stack`, or name a deployed one: STACK=name.")
            return 1
        local = json.loads(LOCAL_STACK.read_text("utf-8"))
        environment |= {
            "BRIDGE_STACK": local["stack_name"],
            "AWS_ENDPOINT_URL": local["aws_endpoint_url"],
            "AWS_DEFAULT_REGION": local["region"],
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    command = [sys.executable, "-m", "sitecore_kashflow.bridge", *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
