"""The OrderCloud client: one token a container, complete lists, and a refused secret that is not tried again."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import simplejson

from sitecore_kashflow.calls.access import AccessStore, Budget
from sitecore_kashflow.calls.credentials import OrdercloudCredentials
from sitecore_kashflow.calls.gate import Gate
from sitecore_kashflow.calls.http import Caller, http_client
from sitecore_kashflow.errors import (
    BridgeError,
    CredentialsRefusedError,
    OutcomeUnknownError,
    RateLimitedError,
    RefusedError,
    RetryableError,
)
from sitecore_kashflow.shops.ordercloud.client import DIALECT, SYSTEM, Login, OrdercloudClient
from tests.builders import order_return, payment, transaction, worksheet
from tests.unit.doubles import Clock

Answer = Callable[[httpx.Request], httpx.Response]
DEAD = {"Errors": [{"ErrorCode": "InvalidToken", "Message": "Access token is invalid or expired."}]}


@pytest.fixture
def table(memory_table: Any) -> Any:
    """What stands above the table is tested here."""
    return memory_table


def json_of(value: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=simplejson.dumps(value, use_decimal=True).encode())


class Shop:
    """OrderCloud, as far as the client needs it: tokens, and calls that a test answers."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.logins: list[dict[str, list[str]]] = []
        self.calls: list[httpx.Request] = []
        self.login: Answer = lambda _: json_of({"access_token": f"token-{len(self.logins)}", "expires_in": 600})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            self.logins.append(parse_qs(request.content.decode()))
            return self.login(request)
        self.calls.append(request)
        return self.answer(request)


@pytest.fixture
def worker(table: Any, clock: Clock) -> Callable[..., OrdercloudClient]:
    """Makes workers that share the table."""

    def make(shop: Answer, version: str = "v1") -> OrdercloudClient:
        store = AccessStore(table, "ORDERCLOUD")
        credentials = OrdercloudCredentials("kashflow-bridge", "bridge-secret", version)
        return OrdercloudClient(
            caller=Caller(DIALECT, "https://ordercloud.test", http_client(httpx.MockTransport(shop)), clock),
            login=Login(lambda *, refresh=False: credentials),
            store=store,
            gate=Gate(SYSTEM, store, Budget(10_000, 64), clock.timing),
            clock=clock,
        )

    return make


def test_a_worksheet_is_read_with_exact_amounts(worker: Callable[..., OrdercloudClient]) -> None:
    shop = Shop(lambda _: json_of(worksheet()))
    read = worker(shop).worksheet("SO-1001")
    assert read is not None
    assert (read["Order"]["ID"], read["Order"]["Total"]) == ("SO-1001", Decimal("29.94"))
    (call,) = shop.calls
    assert call.url.path == "/v1/orders/Incoming/SO-1001/worksheet"
    assert call.headers["authorization"] == "Bearer token-1"


def test_a_return_is_read_by_its_id_and_is_none_if_it_is_gone(worker: Callable[..., OrdercloudClient]) -> None:
    shop = Shop(lambda _: json_of(order_return(amount="12.00")))
    read = worker(shop).order_return("ret-1")
    assert read is not None
    assert (shop.calls[0].url.path, read["RefundAmount"]) == ("/v1/orderreturns/ret-1", Decimal("12.00"))
    missing = {"Errors": [{"ErrorCode": "NotFound", "Message": "Object not found."}]}
    assert worker(Shop(lambda _: json_of(missing, 404))).order_return("ret-1") is None


def test_a_shipment_that_is_gone_holds_nothing(worker: Callable[..., OrdercloudClient]) -> None:
    missing = {"Errors": [{"ErrorCode": "NotFound", "Message": "Object not found."}]}
    assert worker(Shop(lambda _: json_of(missing, 404))).shipment_items("ship-1") == []
    with pytest.raises(RefusedError):
        worker(Shop(lambda _: json_of(missing, 403))).shipment_items("ship-1")


def test_the_returns_of_an_order_are_listed_by_its_id(worker: Callable[..., OrdercloudClient]) -> None:
    shop = Shop(lambda _: json_of({"Items": [order_return()], "Meta": {"TotalPages": 1}}))
    assert [one["ID"] for one in worker(shop).returns_of("SO-1001")] == ["ret-1"]
    (call,) = shop.calls
    assert (call.url.path, call.url.params["OrderID"]) == ("/v1/orderreturns", "SO-1001")


def test_returns_are_scanned_by_their_own_id(worker: Callable[..., OrdercloudClient]) -> None:
    shop = Shop(lambda _: json_of({"Items": [order_return()]}))
    assert worker(shop).returns_after("ret-0", {"LastUpdated": ">2026-11-01T00:00:00Z"})
    (call,) = shop.calls
    assert call.url.path == "/v1/orderreturns"
    assert dict(call.url.params) == {
        "sortBy": "ID",
        "pageSize": "100",
        "LastUpdated": ">2026-11-01T00:00:00Z",
        "ID": ">ret-0",
    }


def test_an_order_that_is_not_there_is_none(worker: Callable[..., OrdercloudClient]) -> None:
    missing = {"Errors": [{"ErrorCode": "NotFound", "Message": "Object not found."}]}
    assert worker(Shop(lambda _: json_of(missing, 404))).worksheet("SO-1001") is None


def test_the_client_asks_for_the_one_role_it_needs_and_keeps_the_token(
    worker: Callable[..., OrdercloudClient], clock: Clock
) -> None:
    shop = Shop(lambda _: json_of(worksheet()))
    client = worker(shop)
    for _ in range(3):
        client.worksheet("SO-1001")
    (form,) = shop.logins
    assert form == {
        "grant_type": ["client_credentials"],
        "client_id": ["kashflow-bridge"],
        "client_secret": ["bridge-secret"],
        "scope": ["OrderAdmin"],
    }
    clock.sleep(569)
    client.worksheet("SO-1001")
    assert len(shop.logins) == 1
    clock.sleep(2)
    client.worksheet("SO-1001")
    assert len(shop.logins) == 2


def test_a_dead_token_is_renewed_once_and_the_call_made_again(worker: Callable[..., OrdercloudClient]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        is_first = request.headers["authorization"] == "Bearer token-1"
        return json_of(DEAD, 401) if is_first else json_of(worksheet())

    shop = Shop(answer)
    assert worker(shop).worksheet("SO-1001")
    assert (len(shop.logins), len(shop.calls)) == (2, 2)


def test_a_token_that_is_dead_twice_running_is_tried_again_later(worker: Callable[..., OrdercloudClient]) -> None:
    shop = Shop(lambda _: json_of(DEAD, 401))
    with pytest.raises(RetryableError, match="TOKEN_LOST"):
        worker(shop).worksheet("SO-1001")
    assert (len(shop.logins), len(shop.calls)) == (2, 2)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_secret_is_tried_once_by_the_whole_stack_until_it_changes(
    worker: Callable[..., OrdercloudClient], status: int
) -> None:
    shop = Shop(lambda _: json_of(worksheet()))
    good, shop.login = shop.login, lambda _: json_of({"error": "invalid_client"}, status)
    for _ in range(3):
        with pytest.raises(CredentialsRefusedError):
            worker(shop).worksheet("SO-1001")
    assert len(shop.logins) == 1
    shop.login = good
    assert worker(shop, "v2").worksheet("SO-1001")


@pytest.mark.parametrize(
    "answer", [httpx.Response(403, text="<html>"), json_of({"error": "server_error"}, 400), json_of(None, 404)]
)
def test_a_login_that_is_turned_away_for_no_fault_of_the_secret_is_tried_again_by_itself_later_each_time(
    worker: Callable[..., OrdercloudClient], clock: Clock, answer: httpx.Response
) -> None:
    shop = Shop(lambda _: json_of(worksheet()))
    good, shop.login = shop.login, lambda _: answer
    for minutes in (10, 20):
        for _ in range(2):
            with pytest.raises(RetryableError, match="LOGIN_TURNED_AWAY"):
                worker(shop).worksheet("SO-1001")
        clock.sleep(minutes * 60)
    assert len(shop.logins) == 2
    shop.login = good
    assert worker(shop).worksheet("SO-1001")
    shop.login = lambda _: answer
    with pytest.raises(RetryableError, match="in 10 minutes"):
        worker(shop).worksheet("SO-1001")


@pytest.mark.parametrize("status", [400, 403, 503])
def test_an_api_that_is_offline_has_done_nothing_and_is_tried_again(
    worker: Callable[..., OrdercloudClient], status: int
) -> None:
    offline = json_of({"Errors": [{"ErrorCode": "Api.Offline", "Message": "Try again in a few seconds."}]}, status)
    shop = Shop(lambda _: offline)
    with pytest.raises(RetryableError, match="NO_ANSWER"):
        worker(shop).patch_order("SO-1001", {"xp": {}})
    good, shop.login = shop.login, lambda _: offline
    with pytest.raises(RetryableError, match="NO_ANSWER"):
        worker(shop).worksheet("SO-1001")
    shop.login, shop.answer = good, lambda _: json_of(worksheet())
    assert worker(shop).worksheet("SO-1001")


@pytest.mark.parametrize("status", [500, 502, 408])
def test_a_login_that_fails_by_trouble_is_tried_again_later(
    worker: Callable[..., OrdercloudClient], status: int
) -> None:
    shop = Shop(lambda _: json_of(worksheet()))
    good, shop.login = shop.login, lambda _: httpx.Response(status)
    client = worker(shop)
    with pytest.raises(RetryableError) as caught:
        client.worksheet("SO-1001")
    assert caught.value.code == "NO_ANSWER"
    shop.login = good
    assert client.worksheet("SO-1001")


def test_a_pause_asked_for_at_login_or_call_holds_the_whole_stack(
    worker: Callable[..., OrdercloudClient], clock: Clock
) -> None:
    def busy(_: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers={"Retry-After": "60"})

    shop = Shop(lambda _: json_of(worksheet()))
    good, shop.login = shop.login, busy
    with pytest.raises(RateLimitedError):
        worker(shop).worksheet("SO-1001")
    shop.login = good
    with pytest.raises(RateLimitedError):
        worker(shop).worksheet("SO-1001")
    clock.sleep(60)
    shop.answer = busy
    for _ in range(2):
        with pytest.raises(RateLimitedError):
            worker(shop).worksheet("SO-1001")
    assert len(shop.calls) == 1


def test_payments_are_read_over_all_pages(worker: Callable[..., OrdercloudClient]) -> None:
    rows = [payment(transaction(), ID=f"pay-{number}") for number in range(5)]

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        return json_of({"Meta": {"Page": page, "TotalPages": 3}, "Items": rows[2 * page - 2 : 2 * page]})

    shop = Shop(answer)
    found = worker(shop).payments("SO-1001")
    assert [one["ID"] for one in found] == [f"pay-{number}" for number in range(5)]
    assert found[0]["Transactions"]
    assert [call.url.params["page"] for call in shop.calls] == ["1", "2", "3"] * 2  # each page twice
    assert {call.url.path for call in shop.calls} == {"/v1/orders/Incoming/SO-1001/payments"}


@pytest.mark.parametrize("body", [{"Items": []}, {"Meta": {"TotalPages": 0}, "Items": []}, {"Items": None}])
def test_an_order_without_payments_has_none(worker: Callable[..., OrdercloudClient], body: Any) -> None:
    assert worker(Shop(lambda _: json_of(body))).payments("SO-1001") == []


def test_a_payment_is_not_missed_when_another_is_deleted_between_two_pages(
    worker: Callable[..., OrdercloudClient],
) -> None:
    rows = [payment(transaction(), ID=f"pay-{number}") for number in range(5)]

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        body = {"Meta": {"Page": page, "TotalPages": -(-len(rows) // 2)}, "Items": rows[2 * page - 2 : 2 * page]}
        if len(rows) == 5:
            del rows[0]
        return json_of(body)

    found = worker(Shop(answer)).payments("SO-1001")
    assert [one["ID"] for one in found] == ["pay-1", "pay-2", "pay-3", "pay-4"]


@pytest.mark.parametrize("body", [{}, [], {"Meta": {"TotalPages": 1}}, None])
def test_an_answer_without_items_proves_no_absence(worker: Callable[..., OrdercloudClient], body: Any) -> None:
    client = worker(Shop(lambda _: json_of(body)))
    for look in (lambda: client.payments("SO-1001"), lambda: client.orders_after("", {})):
        with pytest.raises(RetryableError, match="LIST_UNREADABLE"):
            look()


def test_orders_are_listed_by_ordercloud_s_filter_grammar(worker: Callable[..., OrdercloudClient]) -> None:
    shop = Shop(lambda _: json_of({"Meta": {"TotalPages": 1}, "Items": [worksheet()["Order"]]}))
    found = worker(shop).orders_after("SO-1000", {"LastUpdated": ">2026-11-01T00:00:00Z"})
    assert [one["ID"] for one in found] == ["SO-1001"]
    query = shop.calls[0].url.params
    assert (query["LastUpdated"], query["ID"], query["sortBy"]) == (">2026-11-01T00:00:00Z", ">SO-1000", "ID")


def test_a_patch_is_sent_as_it_is_and_a_lost_answer_is_unknown(worker: Callable[..., OrdercloudClient]) -> None:
    shop = Shop(lambda _: json_of(worksheet()["Order"]))
    client = worker(shop)
    client.patch_order("SO-1001", {"xp": {"KashFlow": {"InvoiceNumber": 1871}}})
    (call,) = shop.calls
    assert (call.method, call.url.path) == ("PATCH", "/v1/orders/Incoming/SO-1001")
    assert simplejson.loads(call.content) == {"xp": {"KashFlow": {"InvoiceNumber": 1871}}}
    shop.answer = lambda _: httpx.Response(500)
    with pytest.raises(OutcomeUnknownError):
        client.patch_order("SO-1001", {"xp": {}})


def test_an_order_id_with_odd_characters_stays_one_piece_of_the_path(worker: Callable[..., OrdercloudClient]) -> None:
    shop = Shop(lambda _: json_of({}, 404))
    worker(shop).worksheet("../SO 1?")
    assert shop.calls[0].url.raw_path == b"/v1/orders/Incoming/..%2FSO%201%3F/worksheet"


def test_no_secret_is_shown_in_trouble(worker: Callable[..., OrdercloudClient]) -> None:
    for answer, login in (
        (lambda _: json_of(DEAD, 401), None),
        (lambda _: json_of({}), lambda _: json_of({"error": "bridge-secret"}, 400)),
        (lambda _: json_of({}), lambda request: httpx.Response(500, content=request.content)),
    ):
        shop = Shop(answer)
        shop.login = login or shop.login
        with pytest.raises(BridgeError) as caught:
            worker(shop, f"v-{id(answer)}").worksheet("SO-1001")
        assert "bridge-secret" not in repr(caught.value)
        assert "token-" not in repr(caught.value)
