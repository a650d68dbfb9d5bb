"""Stand-ins that behave like the real thing: a clock, a table that is atomic under threads, a secret, a worker.

And where most tests of a step begin: a run that holds an order, and a desk that posts documents for it.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any

import httpx

from sandbox.kashflow import seed
from sitecore_kashflow.books.kashflow.account import KashflowAccount
from sitecore_kashflow.books.kashflow.account_lists import AccountStore
from sitecore_kashflow.books.kashflow.client import DIALECT, SYSTEM, KashflowClient
from sitecore_kashflow.books.kashflow.customer_links import CustomerLinks
from sitecore_kashflow.books.kashflow.ground import KashflowGround
from sitecore_kashflow.books.kashflow.kinds import KINDS
from sitecore_kashflow.books.kashflow.session import KashflowSession
from sitecore_kashflow.calls.access import AccessStore, Budget
from sitecore_kashflow.calls.credentials import KashflowCredentials, SecretSource
from sitecore_kashflow.calls.gate import Gate
from sitecore_kashflow.calls.http import Caller, http_client
from sitecore_kashflow.calls.timing import Timing
from sitecore_kashflow.canonical.keys import attempt_key
from sitecore_kashflow.canonical.order import Order
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.documents.entry import Entry, Figures
from sitecore_kashflow.documents.numbers import InvoiceNumbers
from sitecore_kashflow.documents.store import DocumentStore
from sitecore_kashflow.documents.vat_drift import DriftStore
from sitecore_kashflow.documents.write_window import WriteWindow
from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runs.runs import Runs
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.usecases.customer_desk import CustomerDesk
from sitecore_kashflow.usecases.posting import PostingDesk, packed_order
from tests.simulation.aws import MemoryAws
from tests.simulation.dynamo import MemoryTable

WINDOW = WriteWindow(worker_life=timedelta(seconds=120), slowest_commit=timedelta(seconds=60))


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

    @property
    def timing(self) -> Timing:
        return Timing(self, self.sleep, Random())


def table_in_memory() -> Any:
    """A ledger table in memory, empty."""
    ground: Any = SimpleNamespace(
        tables={"LedgerTable": MemoryTable("LedgerTable", ("pk", "sk"))}, call=lambda _, effect, *__, **___: effect()
    )
    return MemoryAws(ground).resource("dynamodb").Table("LedgerTable")


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
    """The secret as a worker sees it: kept until a refresh is asked for."""

    def __init__(self, password: str = seed.PASSWORD, word: str = seed.MEMORABLE_WORD) -> None:
        self._stored = self._kept = self._made("v1", password, word)

    def rotate(self, version: str, password: str = seed.PASSWORD, word: str = seed.MEMORABLE_WORD) -> None:
        """Somebody stores another version; workers still keep the old one."""
        self._stored = self._made(version, password, word)

    def __call__(self, *, refresh: bool = False) -> KashflowCredentials:
        if refresh:
            self._kept = self._stored
        return self._kept

    @staticmethod
    def _made(version: str, password: str, word: str) -> KashflowCredentials:
        return KashflowCredentials(
            version=version,
            username=seed.USERNAME,
            password=password,
            memorable_word=word,
        )


def kashflow_client(
    table: Any,
    transport: httpx.BaseTransport,
    timing: Timing,
    credentials: SecretSource[KashflowCredentials] | None = None,
) -> KashflowClient:
    """A worker's KashFlow client, as the wiring builds it."""
    store = AccessStore(table, "KASHFLOW")
    caller = Caller(DIALECT, "https://kashflow.test/v2", http_client(transport), timing.clock)
    gate = Gate(SYSTEM, store, Budget(10_000, 64), timing)
    session = KashflowSession(
        caller=caller, credentials=credentials or KashflowSecret(), store=store, gate=gate, timing=timing
    )
    return KashflowClient(caller, session, gate)


def posting_desk(table: Any, client: KashflowClient, clock: Clock) -> PostingDesk:
    """Where a worker posts documents in KashFlow, as the wiring builds it."""
    account = KashflowAccount(client, AccountStore(table), clock.timing)
    ground = KashflowGround(client, account, InvoiceNumbers(table))
    kinds: dict[str, Any] = {name: partial(kind, ground) for name, kind in KINDS.items()}
    customers = CustomerDesk(client, CustomerLinks(table))
    return PostingDesk(DocumentStore(table, Runs(table)), kinds, customers, WINDOW, clock, DriftStore(table))


def order_subject(order_id: str = "SO-1001") -> Subject:
    return Subject("order", "ordercloud", order_id)


def a_run_that_holds(table: Any, subject: Subject, clock: Clock, order: Order | None = None) -> Job:
    """A step of a run that holds a subject and has served all its events; with an order, one that was planned."""
    runs = Runs(table)
    runs.note_event(subject, clock())
    job = Job(subject, runs.open_run(subject, clock()).run.number, "corr-1", attempt=attempt_key(clock(), 0))
    record = runs.begin_step(job)
    if order is None:
        runs.note_served(job, record.events)
    else:
        runs.commit_plan(job, OrderState.OPENED, served=record.events, now=clock(), snapshot=packed_order(order))
    return job


def entry(kind: str = "invoice", reference: str = "SO-1001", **changes: Any) -> Entry:
    """A document as the ledger knows it, not posted yet; `changes` are fields of it."""
    figures = Figures("GBP", net=Decimal("24.95"), vat=Decimal("4.99"), gross=Decimal("29.94"))
    return replace(Entry(kind, reference, "W1", figures, "default-2"), **changes)
