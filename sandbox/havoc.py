"""Kills at random, while the demo runs: workers of the local AWS, and the two imitated systems.

There is no warning and no chance to clean up (SIGKILL). The bridge has to cope: Lambda replaces a dead worker; a dead
server has saved what it answered (`--keep`) and comes back under the same address. Webhooks that OrderCloud had not
sent are lost; a sweep finds their orders.
"""

import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import suppress
from random import Random

import boto3
import httpx

from sandbox.addresses import LocalStack, StackError

SETTINGS = {
    "RetryFirstWaitSeconds": "1",
    "UnknownOutcomeWaitSeconds": "6",
    "CommitSettleSeconds": "3",
}
"""For the template. A step whose worker died looks for the sixth time after 125 s, which is just longer than the
worker may have lived and its write may have taken to land (docs/decisions/0030)."""
_VICTIMS = (*["workers"] * 5, "kashflow", "ordercloud")
_WORKERS_AT_ONCE = 3  # one in the middle of a call, and others that are idle or not yet up
_PAUSE_SECONDS = (0.1, 0.9)
_PATIENCE_SECONDS = 30
_PATIENCE_FOR_A_CALL_SECONDS = 2
_TRIES, _PAUSE_BETWEEN_TRIES_SECONDS = 20, 3


class Havoc:
    """Kills processes at random, by a seed. `killed` counts them by what they were.

    A server is killed only when no call of our own is under way: it is the bridge that has to cope, not the shopper.
    """

    def __init__(self, stack: LocalStack, kills: int, seed: int) -> None:
        self.killed: Counter[str] = Counter()
        self._dead: set[int] = set()
        self._swept = 0
        self._stack = stack
        self._kills = kills
        self._random = Random(seed)
        self._between_calls = threading.Lock()

    def transport(self) -> httpx.BaseTransport:
        """A transport for our own calls to the two systems, which waits until a dead server is back."""
        return _Spared(self._between_calls)

    def run(self) -> None:
        """Kill at random moments, until there were enough kills: once of each sort, and then whatever comes."""
        first = list(dict.fromkeys(_VICTIMS))
        while self.killed.total() < self._kills:
            time.sleep(self._random.uniform(*_PAUSE_SECONDS))
            victim = first.pop() if first else self._random.choice(_VICTIMS)
            if victim == "workers":
                for worker in self._some_workers():
                    self._kill("workers", worker)
            else:
                with self._between_calls:
                    self._kill(victim, self._stack.pids[victim])

    def sweep(self) -> None:
        """What the schedule does every quarter of an hour: again if the worker was dead, or OrderCloud not back yet."""
        arguments = self._stack.client_arguments
        found = boto3.client("cloudformation", **arguments).describe_stack_resource(
            StackName=self._stack.stack_name, LogicalResourceId="SweepOrdersFunction"
        )
        name = found["StackResourceDetail"]["PhysicalResourceId"]
        for _ in range(_TRIES):
            answer = boto3.client("lambda", **arguments).invoke(FunctionName=name, Payload=b"{}")
            self._swept = 0 if "FunctionError" in answer else json.loads(answer["Payload"].read())["swept"]
            if self._swept:
                return
            time.sleep(_PAUSE_BETWEEN_TRIES_SECONDS)
        raise StackError(f"No sweep saw an order in {_TRIES} tries.")

    def summary(self) -> str:
        """A sentence on what was killed."""
        return (
            f"Killed along the way: {self.killed['workers']} workers of the local AWS, KashFlow "
            f"{self.killed['kashflow']} times, OrderCloud {self.killed['ordercloud']} times. "
            f"A sweep then looked at {self._swept} orders."
        )

    def _kill(self, what: str, process_id: int) -> None:
        if process_id in self._dead:  # not yet replaced
            return
        with suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGKILL)
            self.killed[what] += 1
            self._dead.add(process_id)

    def _some_workers(self) -> list[int]:
        """A worker in the middle of a call, waited for because calls are short, and others as they come."""
        until = time.monotonic() + _PATIENCE_FOR_A_CALL_SECONDS
        while not (in_a_call := self._in_a_call()) and time.monotonic() < until:
            time.sleep(0.002)
        others = [worker for worker in self._workers() if worker not in in_a_call]
        return [*in_a_call[:1], *self._random.sample(others, min(_WORKERS_AT_ONCE - 1, len(others)))]

    def _in_a_call(self) -> list[int]:
        marks = (self._stack.file.parent / "functions" / "at-work").glob("*")
        return sorted({int(mark.name) for mark in marks} - self._dead)

    def _workers(self) -> list[int]:
        """Living processes of functions, oldest first: children of the local AWS."""
        command = ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="]
        rows = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        parts = (row.split(maxsplit=2) for row in rows)
        emulator = str(self._stack.pids["emulator"])
        found = {int(pid) for pid, parent, args in parts if parent == emulator and "bootstrap" in args}
        return sorted(found - self._dead)


class _Spared(httpx.BaseTransport):
    """No server is killed during a call of this transport, so a failed call never arrived and can be repeated."""

    def __init__(self, between_calls: threading.Lock) -> None:
        self._between_calls = between_calls
        self._line = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        with self._between_calls:
            until = time.monotonic() + _PATIENCE_SECONDS
            while True:
                try:
                    response = self._line.handle_request(request)
                    response.read()
                except (httpx.NetworkError, httpx.RemoteProtocolError):
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.05)
                else:
                    return response

    def close(self) -> None:
        self._line.close()
