"""What unit tests share: no sockets, the same examples every time, a clock that only the test moves, a ledger table."""

import functools
import socket
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from hypothesis import settings
from moto import mock_aws

from sitecore_kashflow.books.kashflow.client import KashflowClient
from sitecore_kashflow.calls.access import AccessStore
from tests.deployed import template
from tests.simulation.aws import MemoryAws
from tests.simulation.dynamo import MemoryTable
from tests.unit.doubles import Clock, kashflow_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import DynamoDBServiceResource, Table

settings.register_profile("unit", derandomize=True, database=None, deadline=None, max_examples=100)
settings.load_profile("unit")


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit test that calls out is a defect."""

    def refuse(*_: Any) -> None:
        raise AssertionError("a unit test opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@functools.cache
def _ledger_table() -> dict[str, Any]:
    properties = template()["Resources"]["LedgerTable"]["Properties"]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    return {key: properties[key] for key in wanted if key in properties}


@pytest.fixture(scope="module")
def dynamodb() -> Iterator["DynamoDBServiceResource"]:
    """DynamoDB in this process, made once for a file of tests."""
    with mock_aws():
        yield boto3.resource("dynamodb", region_name="eu-west-2")


@pytest.fixture
def table(dynamodb: "DynamoDBServiceResource") -> Iterator["Table"]:
    """The ledger table of the template, empty."""
    made = dynamodb.create_table(TableName="LedgerTable", **_ledger_table())
    yield made
    made.delete()


@pytest.fixture
def memory_table() -> Any:
    """The ledger table in memory, for tests of what stands above it; `tests/ledger_scenarios.py` proves it."""
    ground: Any = SimpleNamespace(
        tables={"LedgerTable": MemoryTable("LedgerTable", ("pk", "sk"))}, call=lambda _, effect, *__, **___: effect()
    )
    return MemoryAws(ground).resource("dynamodb").Table("LedgerTable")


@pytest.fixture
def answered(memory_table: Any, clock: Clock) -> Callable[..., KashflowClient]:
    """Makes a client with a live session whose calls are answered by a function."""

    def make(answer: Callable[[httpx.Request], httpx.Response]) -> KashflowClient:
        AccessStore(memory_table, "KASHFLOW").save_session("token-1", 1, "v1", clock())
        return kashflow_client(memory_table, httpx.MockTransport(answer), clock.timing)

    return make
