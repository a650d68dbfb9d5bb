"""Starts the local AWS, `emulator.py`, in its own environment."""

import os
import shutil
from pathlib import Path

from sandbox.addresses import REGION, ROOT, StackError, answers
from sandbox.processes import Processes, free_port

_IDLE_WORKER_SECONDS = "300"


def start_emulator(processes: Processes, home: Path, check_permissions: bool = False) -> str:
    """Start the local AWS on a free port, as the process `emulator`. Returns its address."""
    port, logs = free_port(), processes.logs / "functions"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir()
    processes.start(
        "emulator",
        [emulator_python(), "-m", "sandbox.emulator"],
        clean_environment(home)
        | {
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            "AUTH": str(check_permissions).lower(),
            "LAMBDA_WARM_TTL_SECONDS": _IDLE_WORKER_SECONDS,
            "FUNCTION_LOGS": str(logs),
        },
        ROOT,
    )
    return f"http://127.0.0.1:{port}"


def wait_for_emulator(processes: Processes, endpoint: str) -> None:
    """Wait until the local AWS answers."""
    processes.wait_for("emulator", lambda: answers(f"{endpoint}/_ministack/health"))


def emulator_python() -> str:
    """The interpreter of the environment that holds the local AWS and AWS's runtime client."""
    python = os.environ.get("EMULATOR_PYTHON") or str(ROOT / ".venv-emulator" / "bin" / "python")
    if not Path(python).exists():
        raise StackError("The local AWS is not installed. Run: make setup")
    return python


def clean_environment(home: Path) -> dict[str, str]:
    """An environment without the caller's AWS account, proxies and Python settings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LC_ALL": "C.UTF-8",
    }
