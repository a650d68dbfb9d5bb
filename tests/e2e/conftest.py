"""Local stacks take turns: all of them tell where they are in the same file."""

import fcntl
from collections.abc import Iterator

import pytest

from sandbox.stack import LOCAL


@pytest.fixture(scope="module", autouse=True)
def turn() -> Iterator[None]:
    """One module at a time, also among workers that run side by side."""
    LOCAL.mkdir(mode=0o700, exist_ok=True)
    with (LOCAL / "e2e.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
