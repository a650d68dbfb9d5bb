"""Local stacks take turns: all of them tell where they are in the same file. One bare local AWS serves many tests."""

import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox.addresses import LOCAL, aws_environment, client_arguments
from sandbox.local_aws import start_emulator, wait_for_emulator
from sandbox.processes import Processes

Client = Callable[[str], Any]


@pytest.fixture(scope="module", autouse=True)
def turn() -> Iterator[None]:
    """One module at a time, also among workers that run side by side."""
    LOCAL.mkdir(mode=0o700, exist_ok=True)
    with (LOCAL / "e2e.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def emulator_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the local AWS, which its logs are in."""
    return tmp_path_factory.mktemp("emulator")


@pytest.fixture(scope="session")
def emulator(emulator_logs: Path) -> Iterator[str]:
    """The address of a local AWS in which nothing is deployed. What a test makes there has a name of its own."""
    home = emulator_logs
    with pytest.MonkeyPatch.context() as patch, Processes(home) as processes:
        patch.setenv("NOT_FOR_FUNCTIONS", "what the developer's shell holds")
        endpoint = start_emulator(processes, home)
        wait_for_emulator(processes, endpoint)
        yield endpoint


@pytest.fixture(scope="session")
def client(emulator: str) -> Client:
    """Makes boto3 clients of that local AWS."""
    connect: Any = boto3.client
    return lambda service: connect(service, **client_arguments(aws_environment(emulator)))
