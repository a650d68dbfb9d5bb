"""Stand-ins that behave like the real thing: a clock, a table that is atomic under threads, a secret, a worker."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx
from pydantic import SecretStr

from sandbox.kashflow import seed
from sitecore_kashflow.books.kashflow.client import SYSTEM, KashflowClient, error_code, judge
from sitecore_kashflow.books.kashflow.session import KashflowSession
from sitecore_kashflow.calls.access import AccessStore, Budget
from sitecore_kashflow.calls.credentials import KashflowCredentials, KashflowSource
from sitecore_kashflow.calls.gate import Gate
from sitecore_kashflow.calls.http import Caller, http_client


class Clock:
    """A moment that stands still until somebody sleeps."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


class AtomicTable:
    """A table in moto, whose conditional writes are atomic under threads as DynamoDB's are."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self._lock = threading.Lock()

    def get_item(self, **arguments: Any) -> Any:
        return self._one_at_a_time(self._table.get_item, arguments)

    def update_item(self, **arguments: Any) -> Any:
        return self._one_at_a_time(self._table.update_item, arguments)

    def _one_at_a_time(self, call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        with self._lock:
            return call(**arguments)


class KashflowSecret:
    """The secret as a worker sees it: kept until it is asked for anew."""

    def __init__(self, password: str = seed.PASSWORD, word: str = seed.MEMORABLE_WORD) -> None:
        self._stored = self._kept = self._made("v1", password, word)

    def rotate(self, version: str, password: str = seed.PASSWORD, word: str = seed.MEMORABLE_WORD) -> None:
        """Somebody stores another version; workers still keep the old one."""
        self._stored = self._made(version, password, word)

    def __call__(self, fresh: bool) -> KashflowCredentials:
        if fresh:
            self._kept = self._stored
        return self._kept

    @staticmethod
    def _made(version: str, password: str, word: str) -> KashflowCredentials:
        return KashflowCredentials(
            version=version,
            username=SecretStr(seed.USERNAME),
            password=SecretStr(password),
            memorable_word=SecretStr(word),
        )


def kashflow_client(
    table: Any,
    transport: httpx.BaseTransport,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    credentials: KashflowSource | None = None,
) -> KashflowClient:
    """A worker's KashFlow client, as the wiring builds it."""
    store = AccessStore(table, "KASHFLOW")
    caller = Caller(
        system=SYSTEM,
        base_url="https://kashflow.test/v2",
        client=http_client(transport),
        clock=clock,
        code_of=error_code,
        judge=judge,
    )
    gate = Gate(SYSTEM, store, Budget(10_000, 64), clock=clock, sleep=sleep, random=Random())
    session = KashflowSession(
        caller=caller, credentials=credentials or KashflowSecret(), store=store, gate=gate, clock=clock, sleep=sleep
    )
    return KashflowClient(caller, session, gate)
