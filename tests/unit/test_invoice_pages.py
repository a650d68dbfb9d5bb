"""The list of all invoices, page by page, as the client reads it from the imitated KashFlow and from odd answers."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sandbox.kashflow.memory import InMemory, in_memory
from sitecore_kashflow.books.kashflow.client import KashflowClient
from sitecore_kashflow.errors import PermanentError
from tests.unit.doubles import Clock, kashflow_client

LINE = {"Description": "Mug", "Quantity": 1, "Rate": 10, "NominalCode": 4000, "VATLevel": 20}


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
    made.create_customer({"Code": "W1", "Name": "Ada Field"})
    return made


def invoice(reference: str) -> dict[str, Any]:
    return {
        "CustomerCode": "W1",
        "CustomerReference": reference,
        "IssuedDate": "2026-11-20 12:00:00",
        "LineItems": [LINE],
    }


@pytest.mark.parametrize("beyond", ["empty", "404"])
@pytest.mark.parametrize("details", ["null", "filled"])
def test_all_invoices_when_read_page_by_page_come_by_number(
    client: KashflowClient, books: InMemory, beyond: str, details: str
) -> None:
    books.switches.put({"page_beyond_end": beyond, "list_row_details": details})
    numbers = [client.create_invoice(invoice(f"SO-{number}")) for number in range(103)]
    newest = client.invoices_page(1, newest_first=True)
    pages = [client.invoices_page(page) for page in (1, 2, 3)]
    assert [one.number for one in newest.invoices] == numbers[:2:-1]
    assert [[one.number for one in page.invoices] for page in pages] == [numbers[:100], numbers[100:], []]
    assert {page.total for page in (newest, *pages[:2])} == {103}
    assert newest.invoices[0].customer_reference == "SO-102"
    assert newest.invoices[0].issued_date.startswith("2026-11-20")


def test_all_invoices_when_shown_as_a_bare_list_are_one_page(answered: Callable[..., KashflowClient]) -> None:
    client = answered(lambda _: httpx.Response(200, json=[{"Number": 7, "CustomerReference": None}]))
    assert [[one.number for one in client.invoices_page(page).invoices] for page in (1, 2)] == [[7], []]
    assert client.invoices_page(1).total == 1


def test_all_invoices_when_their_number_is_not_told_cannot_be_read(answered: Callable[..., KashflowClient]) -> None:
    body = {"MetaData": {"NextPageUrl": "/v2/invoices?page=2"}, "Data": [{"Number": 7}]}
    with pytest.raises(PermanentError, match="KASHFLOW_UNREADABLE"):
        answered(lambda _: httpx.Response(200, json=body)).invoices_page(1)
