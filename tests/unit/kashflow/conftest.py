"""The imitated KashFlow, and clients in front of it."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.kashflow.memory import InMemory, in_memory
from sitecore_kashflow.books.kashflow.client import KashflowClient
from sitecore_kashflow.calls.access import AccessStore
from tests.unit.doubles import Clock, kashflow_client
from tests.unit.kashflow.desk import CUSTOMER, Source


@pytest.fixture
def table(memory_table: Any) -> Any:
    """What stands above the table is tested here."""
    return memory_table


@pytest.fixture
def books(clock: Clock) -> InMemory:
    return in_memory(clock, clock.sleep)


@pytest.fixture
def client(table: Any, books: InMemory, clock: Clock) -> KashflowClient:
    made = kashflow_client(table, books.transport, clock.timing)
    made.create_customer(CUSTOMER)
    return made


@pytest.fixture
def store(table: Any) -> AccessStore:
    return AccessStore(table, "KASHFLOW")


@pytest.fixture
def worker(table: Any, books: InMemory, clock: Clock) -> Callable[..., KashflowClient]:
    """Makes workers that share the table and nothing else."""

    def make(credentials: Source | None = None) -> KashflowClient:
        return kashflow_client(table, books.transport, clock.timing, credentials)

    return make
