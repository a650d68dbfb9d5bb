"""The KashFlow client against the imitated KashFlow, under every switch that concerns it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from sandbox.kashflow.memory import InMemory, in_memory
from sitecore_kashflow.books.kashflow.client import KashflowClient
from sitecore_kashflow.books.kashflow.wire import Invoice, named_row
from sitecore_kashflow.errors import OutcomeUnknownError, PermanentError, RateLimitedError, RefusedError, RetryableError
from tests.unit.doubles import Clock, kashflow_client

CUSTOMER = {"Code": "W1", "Name": "Ada Field", "Note": "Sitecore customer x", "Currency": {"Code": "GBP"}}


@pytest.fixture
def table(memory_table: Any) -> Any:
    """What stands above the table is tested here."""
    return memory_table


def invoice(reference: str = "SO-1001", code: str = "W1") -> dict[str, Any]:
    return {
        "CustomerCode": code,
        "CustomerReference": reference,
        "IssuedDate": "2026-11-20 12:00:00",
        "Currency": {"Code": "GBP", "ExchangeRate": Decimal(1)},
        "LineItems": [
            {
                "Number": 1,
                "Description": "Mug",
                "Quantity": 2,
                "Rate": Decimal("10.00"),
                "NominalCode": 4000,
                "VATLevel": Decimal(20),
                "VATAmount": Decimal("4.00"),
                "VATExempt": False,
            }
        ],
    }


@pytest.fixture
def books(clock: Clock) -> InMemory:
    return in_memory(clock, clock.sleep)


@pytest.fixture
def client(table: Any, books: InMemory, clock: Clock) -> KashflowClient:
    made = kashflow_client(table, books.transport, clock.timing)
    made.create_customer(CUSTOMER)
    return made


def calls(books: InMemory, route: str) -> int:
    return int(books.calls.report()["by_route"].get(route, 0))


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


LOOKUPS = ["vat_rates", "nominals", "currencies", "payment_methods", "bank_accounts"]


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
