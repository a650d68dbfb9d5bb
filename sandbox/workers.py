"""The processes in which the local AWS runs functions: how many there are, and what they print.

AWS starts another environment for every call that finds none free; a laptop that does so gets nothing else done. Here
a function has as many workers as the machine has processors, and further calls wait their turn. The wait counts
neither as the function's time nor as the step's: on AWS there is none.

What a function prints is copied to a file of its own in the folder FUNCTION_LOGS, and after each call a line in the
form that Lambda has: `REPORT RequestId: ... Duration: ... ms Init Duration: ... ms Waited: ... ms`. While a worker is
in the middle of a call, its process id is the name of an empty file in the folder `at-work` there.
"""

import os
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

LOGS = os.environ.get("FUNCTION_LOGS", "")
AT_WORK = "at-work"
WORKERS = os.cpu_count() or 1
_LOGICAL_NAME = re.compile(r"-(\w+)Function-")
_LATER_WORD = re.compile(r"(?<!^)(?=[A-Z])")

_free: dict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(WORKERS))
_held: ContextVar[tuple[str, float]] = ContextVar("held", default=("", 0.0))
"""The function whose turn this call has, and for how many seconds it waited."""


@contextmanager
def turn(function: str) -> Iterator[None]:
    """Wait until a worker of the function is free, unless this call has its turn already."""
    if _held.get()[0] == function:
        yield
        return
    begun = time.monotonic()
    with _free[function]:
        before = _held.set((function, time.monotonic() - begun))
        try:
            yield
        finally:
            _held.reset(before)


class Worker(lambda_runtime.ProvidedWorker):  # type: ignore[misc]
    """One execution environment. If it does not come up, that is an error of this call, and no other is disturbed."""

    _init_seconds = 0.0

    def invoke(self, event: Any, request_id: str, **more: Any) -> dict[str, Any]:
        """One call of the function; the outcome as MiniStack wants it."""
        begun, self._init_seconds = time.monotonic(), 0.0
        try:
            outcome: dict[str, Any] = super().invoke(event, request_id, **more)
        except lambda_runtime.ProvidedInitTimeout as failure:
            return self._failed(str(failure), "Sandbox.Timedout")
        except RuntimeError as failure:
            return self._failed(str(failure), getattr(failure, "error_type", "Runtime.ExitError"))
        finally:
            self._report(request_id, time.monotonic() - begun - self._init_seconds)
        return outcome

    def _build_handler_class(self, generation: int, pending: Any) -> Any:
        whole: Any = super()._build_handler_class(generation, pending)

        worker = self

        class OnlyWhole(whole):  # type: ignore[misc]
            """Takes no answer of a worker that died while it was giving it; says when the worker is in a call."""

            def do_GET(self) -> None:  # noqa: N802
                super().do_GET()
                worker._is_at_work(True)

            def do_POST(self) -> None:  # noqa: N802
                worker._is_at_work(False)
                super().do_POST()

            def _read_body(self) -> bytes:
                body: bytes = super()._read_body()
                if len(body) < int(self.headers.get("Content-Length", 0)):
                    raise ConnectionAbortedError
                return body

        return OnlyWhole

    def _spawn(self, init_timeout: float | None = None) -> None:
        begun = time.monotonic()
        try:
            super()._spawn(init_timeout)
        finally:
            self._init_seconds += time.monotonic() - begun

    def _teardown(self) -> None:
        self._is_at_work(False)
        super()._teardown()

    def _is_at_work(self, is_so: bool) -> None:
        process = self._proc
        if LOGS and process is not None:
            mark = Path(LOGS, AT_WORK, str(process.pid))
            mark.parent.mkdir(exist_ok=True)
            mark.touch() if is_so else mark.unlink(missing_ok=True)

    def _failed(self, words: str, kind: str) -> dict[str, Any]:
        payload = self._init_error if isinstance(self._init_error, dict) else {"errorMessage": words, "errorType": kind}
        return {"status": "error", "error": words, "error_payload": payload, "cold_start": True, "log": words}

    def _pump_output(self, stream: Any, log_queue: Any) -> None:
        super()._pump_output(_Copied(stream, self.func_name), log_queue)

    def _report(self, request_id: str, seconds: float) -> None:
        init = f" Init Duration: {self._init_seconds * 1000:.0f} ms" if self._init_seconds else ""
        waited = f" Waited: {_held.get()[1] * 1000:.0f} ms"
        words = f"REPORT RequestId: {request_id} Duration: {seconds * 1000:.0f} ms{init}{waited}\n"
        write_log(self.func_name, words.encode())


class _Copied:
    """A worker's output, copied line by line to its function's log as it is read."""

    def __init__(self, stream: Any, function: str) -> None:
        self._stream, self._function = stream, function

    def readline(self) -> bytes:
        line: bytes = self._stream.readline()
        write_log(self._function, line)
        return line

    def close(self) -> None:
        self._stream.close()


def write_log(function: str, line: bytes) -> None:
    """Add to a function's log. A line is one write, so lines of several workers do not mix."""
    if LOGS and line:
        with Path(LOGS, f"{log_name(function)}.log").open("ab", buffering=0) as file:
            file.write(line)


def log_name(function: str) -> str:
    """`create_invoice` for `stack-CreateInvoiceFunction-1A2B`; other functions keep their name."""
    found = _LOGICAL_NAME.search(function)
    return _LATER_WORD.sub("_", found[1]).lower() if found else function
