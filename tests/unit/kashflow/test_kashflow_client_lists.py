"""Lists of the KashFlow client: complete, or no proof of anything, however their pages come."""

from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest

from sandbox.kashflow.memory import InMemory
from sitecore_kashflow.books.kashflow.client import KashflowClient
from sitecore_kashflow.books.kashflow.wire import named_row
from sitecore_kashflow.errors import PermanentError, RetryableError
from tests.unit.kashflow.desk import CUSTOMER, calls, invoice

LOOKUPS = ["vat_rates", "nominals", "currencies", "payment_methods", "bank_accounts"]


def many_invoices(client: KashflowClient, books: InMemory, count: int) -> None:
    """`count` invoices of W1 and one of another customer."""
    client.create_customer(CUSTOMER | {"Code": "W2"})
    client.create_invoice(invoice("SO-0", "W2"))
    for place in range(count):
        client.create_invoice(invoice(f"SO-{place}"))
    books.calls.clear()


@pytest.mark.parametrize(
    ("url", "end", "details"),
    [("absolute", "empty", "null"), ("with_v2", "404", "null"), ("without_v2", "404", "filled")],
)
def test_the_list_of_a_customers_invoices_is_complete_over_all_pages(
    client: KashflowClient, books: InMemory, url: str, end: str, details: str
) -> None:
    many_invoices(client, books, 100)
    client.create_invoice(invoice("SO-LAST"))
    books.switches.put({"next_page_url": url, "page_beyond_end": end, "list_row_details": details})
    found = client.invoices_of_customer("W1")
    assert [one.customer_reference for one in found] == [*(f"SO-{place}" for place in range(100)), "SO-LAST"]
    assert {one.customer_code for one in found} == {"W1"}
    assert calls(books, "GET /v2/invoices") == 4  # each page twice


def between_pages(books: InMemory, *others: dict[str, Any]) -> None:
    """Somebody makes these calls after the next page of invoices was read."""
    books.faults.add({"kind": "meanwhile", "method": "GET", "path": "/v2/invoices", "others": list(others)})


def test_the_list_of_a_customers_invoices_misses_none_when_others_are_deleted_between_two_pages(
    client: KashflowClient, books: InMemory
) -> None:
    many_invoices(client, books, 150)
    numbers = [one.number for one in client.invoices_of_customer("W1")]
    ours = numbers[100]
    for deleted in (numbers[3], numbers[50]):
        between_pages(books, {"method": "DELETE", "path": f"/v2/invoices/{deleted}"})
        assert ours in [one.number for one in client.invoices_of_customer("W1")]


def test_the_list_of_a_customers_invoices_misses_none_when_one_goes_and_one_comes_between_two_pages(
    client: KashflowClient, books: InMemory
) -> None:
    many_invoices(client, books, 150)
    numbers = [one.number for one in client.invoices_of_customer("W1")]
    posted = {"method": "POST", "path": "/v2/invoices", "body": invoice("SO-NEW")}
    between_pages(books, {"method": "DELETE", "path": f"/v2/invoices/{numbers[3]}"}, posted)
    found = [one.number for one in client.invoices_of_customer("W1")]
    assert set(numbers) - set(found) == {numbers[3]}
    assert len(found) == len(set(found)) == 150


def test_the_list_of_a_customers_invoices_is_whole_while_new_ones_come_all_the_time(
    client: KashflowClient, books: InMemory
) -> None:
    many_invoices(client, books, 150)
    posted = {"method": "POST", "path": "/v2/invoices", "body": invoice("SO-NEW")}
    for _ in range(20):
        between_pages(books, posted)
    assert len(client.invoices_of_customer("W1")) >= 151


def test_a_list_that_changes_each_time_it_is_read_proves_no_absence(answered: Callable[..., KashflowClient]) -> None:
    seen: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(len(seen))
        return pages([len(seen)], [-len(seen)], total=2, urls=True)(request)

    with pytest.raises(RetryableError) as caught:
        answered(answer).invoices_of_customer("W1")
    assert (caught.value.code, len(seen)) == ("LIST_CHANGES", 8)


@pytest.mark.parametrize("content", [b"", b"{}", b"null", b'"fine"', b'{"Error": "Busy"}', b'{"MetaData": null}'])
def test_an_answer_that_is_no_list_proves_no_absence(answered: Callable[..., KashflowClient], content: bytes) -> None:
    client = answered(lambda _: httpx.Response(200, content=content))
    for look in (lambda: client.invoices_of_customer("W1"), lambda: client.invoices_page(1), client.nominals):
        with pytest.raises(RetryableError, match="LIST_UNREADABLE"):
            look()


def test_an_account_table_misses_no_row_when_another_is_deleted_between_two_pages(
    answered: Callable[..., KashflowClient],
) -> None:
    codes = [4000, 4001, 4002, 4003]

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        rows = [{"Code": code} for code in codes[2 * page - 2 : 2 * page]]
        about = {"TotalRecords": len(codes), "NextPageUrl": "more" if 2 * page < len(codes) else None}
        if page == 1 and 4000 in codes:
            codes.remove(4000)
        return httpx.Response(200, json={"MetaData": about, "Data": rows})

    assert {4001, 4002, 4003} <= {row["Code"] for row in answered(answer).nominals() or []}


def test_one_full_page_costs_one_call(client: KashflowClient, books: InMemory) -> None:
    many_invoices(client, books, 100)
    assert len(client.invoices_of_customer("W1")) == 100
    assert calls(books, "GET /v2/invoices") == 1


@pytest.mark.parametrize("end", ["empty", "404"])
def test_a_customer_without_invoices_has_an_empty_list(client: KashflowClient, books: InMemory, end: str) -> None:
    books.switches.put({"page_beyond_end": end})
    assert client.invoices_of_customer("W1") == []


def pages(*rows: list[int], total: int | None, urls: bool) -> Callable[[httpx.Request], httpx.Response]:
    """Answers with these pages of invoice numbers, however short, and an empty one after them."""

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        data = [{"Number": number, "CustomerCode": "W1"} for number in (rows[page - 1] if page <= len(rows) else [])]
        following = "https://elsewhere.test/steal?page=2" if urls and page < len(rows) else None
        return httpx.Response(200, json={"MetaData": {"TotalRecords": total, "NextPageUrl": following}, "Data": data})

    return answer


@pytest.mark.parametrize(("total", "urls"), [(4, True), (4, False), (None, True), (0, True), (9, True)])
def test_pages_shorter_than_asked_are_followed_while_either_sign_says_so(
    answered: Callable[..., KashflowClient], total: int | None, urls: bool
) -> None:
    client = answered(pages([1, 2], [3], [4], total=total, urls=urls))
    assert [one.number for one in client.invoices_of_customer("W1")] == [1, 2, 3, 4]


def test_the_address_of_the_next_page_is_never_followed(answered: Callable[..., KashflowClient]) -> None:
    hosts: set[str] = set()
    answer = pages([1], [2], total=2, urls=True)

    def look(request: httpx.Request) -> httpx.Response:
        hosts.add(request.url.host)
        return answer(request)

    assert len(answered(look).invoices_of_customer("W1")) == 2
    assert hosts == {"kashflow.test"}


def test_a_row_that_moves_between_pages_counts_once(answered: Callable[..., KashflowClient]) -> None:
    client = answered(pages([1, 2], [2, 3], total=4, urls=True))
    assert [one.number for one in client.invoices_of_customer("W1")] == [1, 2, 3]


@pytest.mark.parametrize(
    "body",
    [
        [{"Number": 1}, {"Number": 2}],
        {"MetaData": {"TotalRecords": 2}, "Data": [{"Number": 1}, {"Number": 2}]},
        {"Data": [{"Number": 1}, {"Number": 2}]},
        {"MetaData": None, "Data": [{"Number": 1}, {"Number": 2}, {"Number": None}]},
    ],
)
def test_a_list_may_be_bare_or_paged(answered: Callable[..., KashflowClient], body: Any) -> None:
    client = answered(lambda _: httpx.Response(200, json=body))
    assert [one.number for one in client.invoices_of_customer("W1")] == [1, 2]


def test_a_list_without_end_stops_and_says_so(answered: Callable[..., KashflowClient]) -> None:
    def endless(request: httpx.Request) -> httpx.Response:
        rows = [{"Number": int(request.url.params["page"])}]
        return httpx.Response(200, json={"MetaData": {"NextPageUrl": "more", "TotalRecords": 10**6}, "Data": rows})

    with pytest.raises(PermanentError) as caught:
        answered(endless).invoices_of_customer("W1")
    assert caught.value.code == "LIST_TOO_LONG"


def test_a_list_whose_pages_repeat_proves_no_absence(answered: Callable[..., KashflowClient]) -> None:
    repeated = {"MetaData": {"NextPageUrl": "more", "TotalRecords": 9}, "Data": [{"Number": 1}]}
    with pytest.raises(PermanentError) as caught:
        answered(lambda _: httpx.Response(200, json=repeated)).invoices_of_customer("W1")
    assert caught.value.code == "LIST_REPEATS"


@pytest.mark.parametrize("names", ["id_name", "method_id_method_name"])
def test_the_accounts_own_tables_are_read(client: KashflowClient, books: InMemory, names: str) -> None:
    books.switches.put({"payment_method_names": names})
    methods = [named_row(row) for row in client.payment_methods() or []]
    assert (409844, "Card") in [(one.id, one.name) for one in methods if one]
    assert {row["VATRate"] for row in client.vat_rates() or []} == {20, 5, 0}
    assert {4000, 4001} <= {row["Code"] for row in client.nominals() or []}
    assert {"GBP", "JPY"} <= {row["Code"] for row in client.currencies() or []}
    assert 55166 in {row["Id"] for row in client.bank_accounts() or []}


def test_a_table_that_says_more_rows_than_it_has_is_read_to_its_end(answered: Callable[..., KashflowClient]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.params["page"] != "1":
            return httpx.Response(404)
        return httpx.Response(200, json={"MetaData": {"TotalRecords": 9}, "Data": [{"Code": 4000}]})

    assert answered(answer).nominals() == [{"Code": 4000}]


@pytest.mark.parametrize("name", LOOKUPS)
@pytest.mark.parametrize(("status", "code"), [(401, "Forbidden"), (403, "none"), (404, "NotFound"), (405, "x")])
def test_a_table_that_the_account_may_not_read_is_none(
    answered: Callable[..., KashflowClient], name: str, status: int, code: str
) -> None:
    client = answered(lambda _: httpx.Response(status, json={"Error": code}))
    assert getattr(client, name)() is None


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_table_that_cannot_be_read_right_now_is_trouble_and_not_none(
    answered: Callable[..., KashflowClient], name: str
) -> None:
    with pytest.raises(RetryableError):
        getattr(answered(lambda _: httpx.Response(500)), name)()


def test_a_nightly_database_timeout_on_a_list_may_be_tried_again(client: KashflowClient, books: InMemory) -> None:
    body = {"Error": "-2146232060", "Message": "Execution Timeout Expired."}
    books.faults.add({"kind": "status", "path": "/v2/invoices", "status": 400, "body": body})
    with pytest.raises(RetryableError) as caught:
        client.invoices_of_customer("W1")
    assert caught.value.code == "DATABASE_TIMEOUT"
    assert client.invoices_of_customer("W1") == []


def many_bank_rows(client: KashflowClient, count: int) -> None:
    """All of one day, so that they change places between pages."""
    for number in range(count):
        body = {"Date": "2026-11-20", "MoneyType": 2119, "PaidIn": 1 + number, "Comment": f"po_{number}"}
        client.create_bank_transaction(55167, body)


def test_bank_list_is_complete_though_its_rows_change_places_between_pages(
    client: KashflowClient, books: InMemory
) -> None:
    many_bank_rows(client, 130)
    for _ in range(10):
        rows = client.bank_rows(55167, date(2026, 11, 19), date(2026, 11, 21))
        assert {row.comment for row in rows} == {f"po_{number}" for number in range(130)}
    assert client.bank_rows(55167, date(2026, 11, 21), date(2026, 11, 22)) == []
    assert client.bank_rows(55166, date(2026, 11, 19), date(2026, 11, 21)) == []


def test_bank_list_that_never_shows_all_of_its_rows_proves_nothing(client: KashflowClient, books: InMemory) -> None:
    many_bank_rows(client, 3)
    page: dict[str, Any] = {"Data": [{"Id": 1, "Comment": "po_0"}], "MetaData": {"TotalRecords": 3}}
    path = "/v2/bankaccounts/55167/transactions"
    books.faults.add({"kind": "status", "status": 200, "body": page, "method": "GET", "path": path, "times": None})
    with pytest.raises((RetryableError, PermanentError), match=r"LIST_CHANGES|LIST_REPEATS"):
        client.bank_rows(55167, date(2026, 11, 19), date(2026, 11, 21))


def test_bank_account_that_is_not_there_is_no_empty_list(client: KashflowClient) -> None:
    with pytest.raises(PermanentError, match="KASHFLOW_REFUSED"):
        client.bank_rows(1, date(2026, 11, 19), date(2026, 11, 21))
