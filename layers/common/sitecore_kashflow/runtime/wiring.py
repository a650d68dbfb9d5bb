"""Builds clients and stores from settings, once a container and only when first needed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Any

import boto3
import httpx
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

from ..books.kashflow import client as kashflow
from ..books.kashflow.account import KashflowAccount
from ..books.kashflow.account_lists import AccountStore
from ..books.kashflow.session import KashflowSession
from ..calls.access import AccessStore, Budget
from ..calls.credentials import KashflowCredentials, OrdercloudCredentials
from ..calls.gate import Gate
from ..calls.http import Caller, http_client
from ..canonical.clock import Clock
from ..documents.duplicate_store import DuplicateStore
from ..documents.numbers import InvoiceNumbers
from ..rules.model import Rules
from ..rules.source import rules_source
from ..runs.cursors import CursorStore
from ..runs.ledger import Ledger
from ..runs.queue import EnvelopeQueue
from ..runs.workflow import Workflow
from ..shops.ordercloud import client as ordercloud
from ..usecases.in_doubt import InDoubt
from .secrets import WebhookKeys, secret_source
from .settings import (
    CommitSettings,
    IngestSettings,
    KashflowSettings,
    LedgerSettings,
    OrdercloudSettings,
    ProcessSettings,
    QueueSettings,
    RulesSettings,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def utc_now() -> datetime:
    return datetime.now(UTC)


class Wiring:
    """The collaborators of the doors. Clock, sleep, HTTP transport, AWS and chance may be given, for simulations.

    `aws` offers `client(service)` and `resource("dynamodb")` as the `boto3` module does. `gives_way` is set while the
    order at hand lets others go first.
    """

    def __init__(
        self,
        *,
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
        aws: Any = boto3,
        random: Random | None = None,
    ) -> None:
        self.gives_way = False
        self.clock = clock
        self._sleep = sleep
        self._transport = transport
        self._cloud = aws
        self._random = random or Random()  # noqa: S311  it spreads waits, it guards nothing

    @cached_property
    def ingest(self) -> IngestSettings:
        return IngestSettings.read()

    @cached_property
    def process(self) -> ProcessSettings:
        return ProcessSettings.read()

    @cached_property
    def served_hints(self) -> DynamoDBPersistenceLayer:
        """Which hints were served lately."""
        return DynamoDBPersistenceLayer(
            table_name=self.process.idempotency_table_name, boto3_client=self._aws("dynamodb")
        )

    @cached_property
    def in_doubt(self) -> InDoubt:
        """How long a write with an unknown outcome may still land."""
        settings = CommitSettings.read()
        return InDoubt(
            alive=timedelta(seconds=settings.step_time_limit_seconds),
            landing=timedelta(seconds=settings.commit_settle_seconds),
        )

    @cached_property
    def hash_keys(self) -> Callable[[bool], WebhookKeys]:
        return secret_source(self._aws("secretsmanager"), self.ingest.webhook_secret_name, WebhookKeys, self.clock)

    @cached_property
    def order_queue(self) -> EnvelopeQueue:
        return EnvelopeQueue(self._aws("sqs"), QueueSettings.read().order_queue_url)

    @cached_property
    def workflow(self) -> Workflow:
        return Workflow(self._aws("stepfunctions"), self.process.state_machine_arn)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self._table)

    @cached_property
    def invoice_numbers(self) -> InvoiceNumbers:
        return InvoiceNumbers(self._table)

    @cached_property
    def cursors(self) -> CursorStore:
        return CursorStore(self._table)

    @cached_property
    def duplicates(self) -> DuplicateStore:
        return DuplicateStore(self._table)

    @cached_property
    def rules(self) -> Callable[[], Rules]:
        return rules_source(lambda: self._aws("appconfigdata"), RulesSettings.read().place, self.clock)

    @cached_property
    def shop(self) -> ordercloud.OrdercloudClient:
        settings = OrdercloudSettings.read()
        store = AccessStore(self._table, "ORDERCLOUD")
        budget = Budget(settings.ordercloud_calls_per_second, settings.ordercloud_parallel_calls)
        return ordercloud.OrdercloudClient(
            caller=Caller(
                system=ordercloud.SYSTEM,
                base_url=settings.ordercloud_url,
                client=self._http,
                clock=self.clock,
                code_of=ordercloud.error_code,
            ),
            credentials=secret_source(
                self._aws("secretsmanager"),
                settings.ordercloud_secret_name,
                OrdercloudCredentials,
                self.clock,
            ),
            store=store,
            gate=self._gate(ordercloud.SYSTEM, store, budget),
            clock=self.clock,
        )

    @cached_property
    def books(self) -> kashflow.KashflowClient:
        settings = KashflowSettings.read()
        store = AccessStore(self._table, "KASHFLOW")
        caller = Caller(
            system=kashflow.SYSTEM,
            base_url=settings.kashflow_url,
            client=self._http,
            clock=self.clock,
            code_of=kashflow.error_code,
            judge=kashflow.judge,
        )
        budget = Budget(settings.kashflow_calls_per_second, settings.kashflow_parallel_calls)
        gate = self._gate(kashflow.SYSTEM, store, budget)
        session = KashflowSession(
            caller=caller,
            credentials=secret_source(
                self._aws("secretsmanager"), settings.kashflow_secret_name, KashflowCredentials, self.clock
            ),
            store=store,
            gate=gate,
            clock=self.clock,
            sleep=self._sleep,
        )
        return kashflow.KashflowClient(caller, session, gate)

    @cached_property
    def account(self) -> KashflowAccount:
        return KashflowAccount(self.books, AccountStore(self._table), clock=self.clock, sleep=self._sleep)

    def close(self) -> None:
        """Drop the connections to the outside systems."""
        self._http.close()

    def _gate(self, system: str, store: AccessStore, budget: Budget) -> Gate:
        return Gate(
            system,
            store,
            budget,
            clock=self.clock,
            sleep=self._sleep,
            random=self._random,
            gives_way=lambda: self.gives_way,
        )

    @cached_property
    def _http(self) -> httpx.Client:
        return http_client(self._transport)

    @cached_property
    def _table(self) -> "Table":
        table: Table = self._cloud.resource("dynamodb").Table(LedgerSettings.read().ledger_table_name)
        return table

    def _aws(self, service: str) -> Any:
        return self._cloud.client(service)


_current: Wiring | None = None


def wiring() -> Wiring:
    """The wiring of this container."""
    return use(Wiring()) if _current is None else _current


def use(given: Wiring) -> Wiring:
    """Let the doors of this process use the given wiring from now on."""
    global _current  # noqa: PLW0603 -- the one place that remembers what was built
    _current = given
    return given
