"""Child processes of the local stack: each in a group of its own, with a log, and all gone at the end."""

import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from sandbox.addresses import StackError

_START_SECONDS = 30
_STOP_SECONDS = 5
_LOOK_SECONDS = 0.1


class Processes:
    """Started together, stopped together: in a `with` block, whatever ends it.

    `ids` are process ids by name, always as they are now; `logs` is the folder of their logs.
    """

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._ended = threading.Event()
        self._watchers: list[threading.Thread] = []
        self.ids: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Path:
        """Start a process in its own group; its standard input stays open while we live. Returns its log."""
        log = self.logs / f"{name}.log"
        log.unlink(missing_ok=True)
        self._start(name, command, environment, folder)
        return log

    def keep_up(self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Path:
        """The same for a process that is started again whenever it ends, until all are stopped. Returns its log."""
        log = self.start(name, command, environment, folder)

        def watch() -> None:
            while not self._ended.wait(_LOOK_SECONDS):
                if self._running[name].poll() is not None:
                    self._start(name, command, environment, folder)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        self._watchers.append(watcher)
        return log

    def _start(self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        with (self.logs / f"{name}.log").open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        before = self._running.get(name)
        if before and before.stdin:
            before.stdin.close()
        self._running[name], self.ids[name] = process, process.pid

    def wait_for(self, name: str, is_ready: Callable[[], bool]) -> None:
        """Wait until it is ready; `StackError` if it dies or takes too long."""
        deadline = time.monotonic() + _START_SECONDS
        while not is_ready():
            if self._running[name].poll() is not None or time.monotonic() > deadline:
                log = self.logs / f"{name}.log"
                tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-5:])
                raise StackError(f"{name} did not start. The end of {log}:\n{tail}")
            time.sleep(0.05)

    def address(self, name: str, log: Path) -> str:
        """The address that a sandbox server says it is listening on."""
        listening = re.compile(r"^listening on (http://127\.0\.0\.1:\d+)$", re.MULTILINE)
        self.wait_for(name, lambda: listening.search(log.read_text("utf-8", "replace")) is not None)
        found = listening.search(log.read_text("utf-8", "replace"))
        assert found  # noqa: S101  it was there a moment ago, and logs only grow
        return found[1]

    def kill(self, name: str) -> None:
        """End it at once, without warning."""
        self._running[name].kill()

    def stop(self) -> None:
        """End all, politely at first; then whatever is left of their groups."""
        self._ended.set()
        for watcher in self._watchers:
            watcher.join()
        for process in self._running.values():
            process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdin:
                process.stdin.close()
        self._running.clear()
        self.ids.clear()


def free_port() -> int:
    """A free port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
