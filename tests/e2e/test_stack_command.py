"""`make stack`: it says where everything is, shares the machine with another one, and leaves nothing behind."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from sandbox.addresses import LOCAL, ROOT, STACK_FILE, LocalStack, running_stack

pytestmark = pytest.mark.e2e

AGREED = {
    "aws_endpoint_url",
    "region",
    "stack_name",
    "api_url",
    "ordercloud_webhook_url",
    "xc_webhook_url",
    "kashflow_url",
    "ordercloud_url",
    "hash_key",
    "xc_hash_key",
    "ledger_table",
    "order_queue_url",
    "state_machine_arn",
}


@contextmanager
def stack_command(output: Path) -> Iterator[tuple["subprocess.Popen[bytes]", LocalStack]]:
    """The command, up, and what it wrote down."""
    with started(output, until=b"Ctrl-C stops it") as process:
        told = re.search(r"names are in (\S+)\. ", output.read_text("utf-8"))
        assert told
        yield process, LocalStack(**json.loads((ROOT / told[1]).read_text("utf-8")))


@contextmanager
def started(output: Path, until: bytes) -> Iterator["subprocess.Popen[bytes]"]:
    """The command, when it has said so much."""
    with (
        output.open("wb") as file,
        subprocess.Popen(
            [sys.executable, "-m", "sandbox.stack"], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        ) as process,
    ):
        try:
            deadline = time.monotonic() + 90
            while until not in output.read_bytes():
                assert process.poll() is None, output.read_text("utf-8")
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield process
        finally:
            process.terminate()


def groups_alive(stack: LocalStack) -> list[str]:
    """Processes of the stack, workers of the local AWS among them, that have not ended."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout  # noqa: S607
    groups = set(map(str, stack.pids.values()))
    rows = (line.split(maxsplit=2) for line in listed.splitlines())
    return [row[2] for row in rows if row[0] in groups and not row[1].startswith("Z")]


def children_of(process_id: int) -> list[int]:
    """The processes that it has started, as `ps` lists them."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout  # noqa: S607
    pairs = (map(int, line.split()) for line in listed.splitlines())
    return [child for child, parent in pairs if parent == process_id]


def is_alive(process_id: int) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(process_id)], capture_output=True, text=True, check=False)  # noqa: S607
    return bool(done.stdout.strip()) and not done.stdout.startswith("Z")


def test_two_stacks_at_once_do_not_meet_and_leave_nothing_behind(tmp_path: Path) -> None:
    """The second is stopped with Ctrl-C; then a part of the first dies, so that it says so and ends."""

    def interrupt() -> None:
        second_process.send_signal(signal.SIGINT)

    def kill_kashflow() -> None:
        os.kill(first.pids["kashflow"], signal.SIGKILL)

    with ExitStack() as both:
        first_process, first = both.enter_context(stack_command(tmp_path / "first"))
        second_process, second = both.enter_context(stack_command(tmp_path / "second"))
        assert set(json.loads(STACK_FILE.read_text("utf-8"))) >= AGREED
        assert stat.S_IMODE(STACK_FILE.stat().st_mode) == 0o600
        assert (first.file, second.file) == (STACK_FILE, LOCAL / "stack-2" / "stack.json")
        assert "commands use that one, unless they are told STACK=.local/stack-2/stack.json" in (
            (tmp_path / "second").read_text("utf-8")
        )
        assert running_stack() == first
        addresses = {first.aws_endpoint_url, first.kashflow_url, first.ordercloud_url}
        assert not addresses & {second.aws_endpoint_url, second.kashflow_url, second.ordercloud_url}
        for process, stack, stop, status in (
            (second_process, second, interrupt, 0),
            (first_process, first, kill_kashflow, 1),
        ):
            assert httpx.post(stack.ordercloud_webhook_url, content=b"{}", timeout=30).status_code == 401
            assert len(groups_alive(stack)) > len(stack.pids)  # the function's worker
            stop()
            assert process.wait(20) == status
            assert groups_alive(stack) == []
            assert not stack.file.exists()
    assert "kashflow has ended by itself" in (tmp_path / "first").read_text("utf-8")


def test_stack_when_it_is_ended_while_it_starts_leaves_nothing_behind(tmp_path: Path) -> None:
    with started(tmp_path / "output", until=b"Building the functions") as process:
        children = children_of(process.pid)
        assert len(children) == 3
        process.terminate()
        assert process.wait(20) == 143
    assert [child for child in children if is_alive(child)] == []
