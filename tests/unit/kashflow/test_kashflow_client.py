"""The KashFlow client against the imitated KashFlow, under every switch that concerns it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from sandbox.kashflow.memory import InMemory, in_memory
from sitecore_kashflow.books.kashflow.client import KashflowClient
from sitecore_kashflow.books.kashflow.wire import Invoice
from sitecore_kashflow.errors import OutcomeUnknownError, PermanentError, RateLimitedError, RefusedError, RetryableError
from tests.unit.doubles import Clock, kashflow_client
from tests.unit.kashflow.desk import CUSTOMER, calls, invoice


def test_a_customer_is_made_found_and_changed(client: KashflowClient) -> None:
    assert client.create_customer(CUSTOMER | {"Code": "W2"}) == "W2"
    found = client.customer("W2")
    assert found is not None
    assert (found["Code"], found["Name"], found["Note"]) == ("W2", "Ada Field", "Sitecore customer x")
    client.update_customer("W2", CUSTOMER | {"Code": "W2", "Name": "Ada Meadow"})
    changed = client.customer("W2")
    assert changed is not None
    assert changed["Name"] == "Ada Meadow"


@pytest.mark.parametrize("body", ["json", "html", "empty"])
def test_what_is_not_there_is_none_whatever_the_404_looks_like(
    client: KashflowClient, books: InMemory, body: str
) -> None:
    books.switches.put({"error_body": body})
    assert client.customer("NOBODY1") is None
    assert client.invoice(4711) is None


def test_a_code_with_odd_characters_stays_one_piece_of_the_path(answered: Callable[..., KashflowClient]) -> None:
    seen: list[bytes] = []

    def look(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path)
        return httpx.Response(404)

    answered(look).customer("A/B ?#é")
    assert seen == [b"/v2/customers/A%2FB%20%3F%23%C3%A9"]


def test_the_code_that_kashflow_gave_is_told_even_if_it_is_another(answered: Callable[..., KashflowClient]) -> None:
    assert answered(lambda _: httpx.Response(201, json={"Code": "FIEL01"})).create_customer(CUSTOMER) == "FIEL01"
    for content in (b"{}", b"", b'{"Code": null}'):
        bare = httpx.Response(200, content=content)
        assert answered(lambda _, bare=bare: bare).create_customer(CUSTOMER) == "W1"


@pytest.mark.parametrize(("answer", "status"), [("refused_400", 400), ("refused_409", 409)])
def test_a_taken_customer_code_is_refused_with_its_status(
    client: KashflowClient, books: InMemory, answer: str, status: int
) -> None:
    books.switches.put({"duplicate_customer_code": answer})
    with pytest.raises(RefusedError) as caught:
        client.create_customer(CUSTOMER)
    assert caught.value.status == status


@pytest.mark.parametrize("location", ["with_v2", "absolute"])
@pytest.mark.parametrize(("answer", "number"), [("full", 1001), ("no_location", 1001), ("empty", None)])
def test_a_new_invoice_tells_its_number_where_the_answer_has_one(
    client: KashflowClient, books: InMemory, answer: str, number: int | None, location: str
) -> None:
    books.switches.put({"invoice_post_answer": answer, "location_header": location})
    assert client.create_invoice(invoice()) == number
    assert [one.number for one in client.invoices_of_customer("W1")] == [1001]


@pytest.mark.parametrize("location", ["with_v2", "absolute"])
def test_a_number_missing_from_the_body_is_taken_from_the_location(
    client: KashflowClient, books: InMemory, location: str
) -> None:
    books.switches.put({"location_header": location})
    books.faults.add({"kind": "drop_field", "method": "POST", "path": "/v2/invoices", "field": "Number"})
    assert client.create_invoice(invoice()) == 1001


@pytest.mark.parametrize("location", ["", "/v2/invoices/", "/v2/invoices/abc", "/v2/invoices/1871/", "1871"])
def test_an_odd_location_gives_a_number_or_none(answered: Callable[..., KashflowClient], location: str) -> None:
    client = answered(lambda _: httpx.Response(201, headers={"Location": location}, content=b""))
    assert client.create_invoice(invoice()) == (1871 if "1871" in location else None)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset_after"},
        {"kind": "reset_before"},
        {"kind": "late_commit", "seconds": 30},
        {"kind": "status", "status": 500},
        {"kind": "html", "status": 503},
        {"kind": "slow", "seconds": 61},
        {"kind": "status", "status": 400, "body": {"Error": "-2146232060", "Message": "Execution Timeout Expired."}},
    ],
)
def test_a_post_without_a_sound_answer_leaves_its_outcome_unknown_and_is_sent_once(
    client: KashflowClient, books: InMemory, fault: dict[str, Any]
) -> None:
    books.faults.add(fault | {"method": "POST", "path": "/v2/invoices"})
    with pytest.raises(OutcomeUnknownError):
        client.create_invoice(invoice())
    assert calls(books, "POST /v2/invoices") == 1


def test_a_slow_post_within_a_minute_is_waited_for(client: KashflowClient, books: InMemory) -> None:
    books.faults.add({"kind": "slow", "method": "POST", "path": "/v2/invoices", "seconds": 30})
    assert client.create_invoice(invoice()) == 1001


def test_a_post_that_times_out_after_the_commit_is_found_in_the_customers_list(
    client: KashflowClient, books: InMemory
) -> None:
    books.switches.put({"invoice_post_answer": "timeout_after_commit"})
    with pytest.raises(OutcomeUnknownError):
        client.create_invoice(invoice("SO-77"))
    assert [one.customer_reference for one in client.invoices_of_customer("W1")] == ["SO-77"]


def test_a_refused_post_made_nothing(client: KashflowClient, books: InMemory) -> None:
    books.switches.put({"invoice_limit": "reached"})
    with pytest.raises(RefusedError):
        client.create_invoice(invoice())
    assert client.invoices_of_customer("W1") == []


def test_a_post_that_was_asked_to_wait_made_nothing_and_holds_the_stack(
    client: KashflowClient, books: InMemory
) -> None:
    fault = {"kind": "status", "status": 429, "headers": {"Retry-After": "30"}}
    books.faults.add(fault | {"method": "POST", "path": "/v2/invoices"})
    for _ in range(2):
        with pytest.raises(RateLimitedError):
            client.create_invoice(invoice())
    assert calls(books, "POST /v2/invoices") == 1


@pytest.mark.parametrize("numbers", ["four_decimals", "integers_where_whole"])
@pytest.mark.parametrize(
    ("absent", "date_out"),
    [("null", "noon"), ("empty_text", "noon_with_offset"), ("zero", "noon_with_t"), ("missing", "eve_at_23")],
)
def test_an_invoice_reads_back_as_it_was_meant_however_it_is_worded(
    client: KashflowClient, books: InMemory, numbers: str, absent: str, date_out: str
) -> None:
    books.switches.put({"numbers_out": numbers, "absent_value": absent, "date_out": date_out})
    number = client.create_invoice(invoice())
    body = client.invoice(number or 0)
    read = Invoice.model_validate(body)
    assert (read.number, read.customer_code, read.customer_reference) == (1001, "W1", "SO-1001")
    assert (read.net_amount, read.vat_amount, read.gross_amount) == (Decimal(20), Decimal(4), Decimal(24))
    assert (read.due_amount, read.paid) == (Decimal(24), Decimal(0))


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"7", b""])
def test_an_invoice_that_is_no_object_is_refused_in_words(answered: Callable[..., KashflowClient], body: bytes) -> None:
    with pytest.raises(PermanentError, match="KASHFLOW_UNREADABLE"):
        answered(lambda _: httpx.Response(200, content=body)).invoice(7)


def test_a_content_type_that_lies_hides_nothing(client: KashflowClient, books: InMemory) -> None:
    books.faults.add({"kind": "content_type", "path": "/v2/customers/*", "content_type": "text/html"})
    assert client.customer("W1") is not None


@pytest.mark.parametrize("answer", ["401", "403"])
@pytest.mark.parametrize("access", ["off", "address_blocked"])
def test_an_account_that_is_closed_to_us_holds_everything_after_one_login(
    table: Any, clock: Clock, access: str, answer: str
) -> None:
    books = in_memory(clock, clock.sleep, switches={"rest_access": access, "rest_access_answer": answer})
    for _ in range(3):
        with pytest.raises(RetryableError, match="LOGIN_TURNED_AWAY"):
            kashflow_client(table, books.transport, clock.timing).customer("W1")
    assert calls(books, "POST /v2/sessiontoken") == 1
