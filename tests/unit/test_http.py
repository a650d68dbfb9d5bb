"""One way to call another system: exact decimals both ways, and every kind of trouble in its family."""

import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from sitecore_kashflow.books.kashflow import client as kashflow
from sitecore_kashflow.calls.http import TIMEOUT, Call, Caller, Dialect, http_client
from sitecore_kashflow.errors import BridgeError, OutcomeUnknownError, RateLimitedError, RefusedError, RetryableError
from sitecore_kashflow.shops.ordercloud import client as ordercloud
from tests.unit.doubles import Clock

Handler = Callable[[httpx.Request], httpx.Response]
HTML = "<html><body><h1>503 Service Unavailable</h1></body></html>"
PERSONAL = "ada@example.org"


def caller(handler: Handler, *, dialect: Dialect = kashflow.DIALECT) -> Caller:
    return Caller(dialect, "https://books.test/v2/", http_client(httpx.MockTransport(handler)), Clock())


def answering(status: int = 200, **fields: Any) -> Caller:
    return caller(lambda _: httpx.Response(status, **fields))


def failing(error: Exception) -> Caller:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    return caller(fail)


def trouble(made: Caller, method: str = "GET", path: str = "/invoices", **fields: Any) -> BridgeError:
    with pytest.raises(BridgeError) as caught:
        made.call(Call(method, path, **fields))
    return caught.value


def test_cookie_of_an_answer_is_not_sent_with_the_next_call() -> None:
    sent: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers)
        return httpx.Response(204, headers={"Set-Cookie": "session=1"})

    made = caller(answer)
    made.call(Call("GET", "/invoices"))
    made.call(Call("GET", "/invoices"))
    assert ["Cookie" in headers for headers in sent] == [False, False]


WRITES = ["POST", "PUT", "PATCH", "DELETE"]


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full")]
)
@pytest.mark.parametrize("method", ["GET", *WRITES])
def test_what_was_never_sent_may_be_tried_again_even_a_write(error: Exception, method: str) -> None:
    caught = trouble(failing(error), method)
    assert type(caught) is RetryableError
    assert caught.code == "NOT_REACHABLE"


LOST = [
    httpx.ReadTimeout("slow"),
    httpx.ReadError("cut"),
    httpx.WriteError("cut"),
    httpx.WriteTimeout("slow"),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
]


HTTP_ERRORS = [type(error) for error in LOST] + [httpx.ConnectError, httpx.LocalProtocolError, httpx.ProxyError]


@pytest.mark.parametrize("error", LOST)
def test_a_lost_answer_to_a_read_may_be_asked_for_again(error: Exception) -> None:
    assert trouble(failing(error)).code == "NO_ANSWER"
    assert isinstance(trouble(failing(error)), RetryableError)


@pytest.mark.parametrize("error", LOST)
@pytest.mark.parametrize("method", WRITES)
def test_a_lost_answer_to_a_write_leaves_its_outcome_unknown(error: Exception, method: str) -> None:
    assert isinstance(trouble(failing(error), method, json={"a": 1}), OutcomeUnknownError)


def test_a_lost_answer_to_a_form_is_no_unknown_write() -> None:
    assert isinstance(trouble(failing(httpx.ReadTimeout("slow")), "POST", form={"a": "b"}), RetryableError)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 599])
def test_a_servers_trouble_is_no_answer_to_a_read_and_an_unknown_outcome_to_a_write(status: int) -> None:
    for body in ({"text": HTML}, {"content": b""}, {"json": {"Error": "X", "Message": "Y"}}):
        assert isinstance(trouble(answering(status, **body)), RetryableError)
        assert isinstance(trouble(answering(status, **body), "POST", json={}), OutcomeUnknownError)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 5),
        ("7", 7),
        ("0", 0),
        ("1.5", 1.5),
        (" 30 ", 30),
        ("Fri, 20 Nov 2026 12:01:30 GMT", 90),
        ("Fri, 20 Nov 2026 11:59:00 GMT", 0),
        ("999999", 3600),
        ("Fri, 20 Nov 2037 12:00:00 GMT", 3600),
        ("soon", 5),
        ("-3", 5),
        ("", 5),
        ("Fri, 20 Nov 2026 12:01:30", 5),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_429_asks_for_the_pause_of_its_header_else_for_five_seconds(
    header: str | None, seconds: float, method: str
) -> None:
    headers = {} if header is None else {"Retry-After": header}
    caught = trouble(answering(429, headers=headers), method)
    assert isinstance(caught, RateLimitedError)
    assert caught.wait_seconds == seconds


def test_503_with_a_pause_is_a_request_to_wait_and_without_one_a_failure() -> None:
    asked = trouble(answering(503, headers={"Retry-After": "20"}, text=HTML), "POST", json={})
    assert isinstance(asked, RateLimitedError)
    assert asked.wait_seconds == 20
    assert isinstance(trouble(answering(503, text=HTML), "POST", json={}), OutcomeUnknownError)
    assert trouble(answering(503, text=HTML)).code == "NO_ANSWER"


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 409, 422])
def test_any_other_answer_is_a_refusal_with_status_and_code(status: int) -> None:
    caught = trouble(answering(status, json={"Error": "InvalidParameter", "Message": "no"}), "POST", json={})
    assert isinstance(caught, RefusedError)
    assert (caught.status, caught.refusal) == (status, "InvalidParameter")
    assert caught.words == f"KashFlow refused POST /invoices: status {status}, code InvalidParameter. It says: no"


@pytest.mark.parametrize(
    "fields",
    [
        {"text": HTML},
        {"content": b""},
        {"json": {"Message": "no code"}},
        {"json": ["a", "list"]},
        {"json": None},
        {"json": 7},
        {"content": b"\xff\xfe{"},
    ],
)
def test_a_refusal_whose_body_cannot_be_read_has_no_code(fields: dict[str, Any]) -> None:
    caught = trouble(answering(404, **fields))
    assert isinstance(caught, RefusedError)
    assert (caught.status, caught.refusal) == (404, "none")


def test_a_byte_order_mark_hides_neither_a_body_nor_an_error_code() -> None:
    mark, headers = b"\xef\xbb\xbf", {"Content-Type": "application/json; charset=utf-8"}
    answer = answering(content=mark + b'{"Name": "Caf\xc3\xa9"}', headers=headers).call(Call("GET", "/x"))
    assert answer.body == {"Name": "Café"}
    caught = trouble(answering(401, content=mark + b'{"Error": "InvalidSessionToken"}', headers=headers))
    assert isinstance(caught, RefusedError)
    assert caught.refusal == "InvalidSessionToken"


def test_the_error_code_of_ordercloud_is_read_from_its_own_shape() -> None:
    body = {"Errors": [{"ErrorCode": "NotFound", "Message": "Object not found.", "Data": {"ObjectID": "SO-1"}}]}
    caught = trouble(caller(lambda _: httpx.Response(404, json=body), dialect=ordercloud.DIALECT))
    assert isinstance(caught, RefusedError)
    assert (caught.refusal, caught.code) == ("NotFound", "ORDERCLOUD_REFUSED")
    assert caught.words.endswith("It says: Object not found.")
    assert trouble(
        caller(lambda _: httpx.Response(400, json={"Errors": []}), dialect=ordercloud.DIALECT)
    ).words.endswith("code none.")


def test_a_code_is_cut_short_and_stripped_of_anything_but_letters_and_digits() -> None:
    caught = trouble(answering(400, json={"Error": f"Bad <{PERSONAL}> " + "x" * 200}))
    assert isinstance(caught, RefusedError)
    assert len(caught.refusal) <= 60
    assert not set(caught.refusal) & set("<>@ ")


@pytest.mark.parametrize("content", [b"", b"  \r\n", b"\n"])
def test_an_empty_success_has_no_body(content: bytes) -> None:
    answer = answering(204, content=content, headers={"Location": "/v2/x"}).call(Call("DELETE", "/x"))
    assert (answer.status, answer.body, answer.headers["location"]) == (204, None, "/v2/x")


@pytest.mark.parametrize("content", [HTML.encode(), b"{", b'{"a": NaN}', b"\xff\xfe\xfd"])
def test_a_success_that_is_not_json_is_no_sound_answer(content: bytes) -> None:
    assert trouble(answering(200, content=content)).code == "NO_ANSWER"
    assert isinstance(trouble(answering(201, content=content), "POST", json={}), OutcomeUnknownError)


def test_a_database_timeout_dressed_as_a_refusal_is_none() -> None:
    dressed = answering(400, json={"Error": "-2146232060", "Message": "Execution Timeout Expired."})
    assert trouble(dressed).code == "DATABASE_TIMEOUT"
    assert isinstance(trouble(dressed, "POST", json={}), OutcomeUnknownError)
    assert isinstance(trouble(answering(401, json={"Error": "-2146232060"})), RefusedError)


def test_decimals_leave_digit_for_digit_and_come_back_exact() -> None:
    sent: list[bytes] = []

    def echo(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        return httpx.Response(200, content=request.content)

    payload = {
        "Rate": Decimal("10.10"),
        "VATAmount": Decimal("0.1"),
        "Quantity": 3,
        "Name": "Café £5",
        "Big": Decimal("1E+2"),
    }
    answer = caller(echo).call(Call("POST", "/invoices", json=payload))
    assert sent == ['{"Rate": 10.10, "VATAmount": 0.1, "Quantity": 3, "Name": "Café £5", "Big": 1E+2}'.encode()]
    assert answer.body == payload
    assert [type(answer.body[field]) for field in ("Rate", "VATAmount", "Quantity")] == [Decimal, Decimal, int]
    assert str(answering(content=b'{"a": 117.5000}').call(Call("GET", "/x")).body["a"]) == "117.5000"


def test_a_call_says_what_it_sends_and_what_it_takes() -> None:
    seen: list[httpx.Request] = []

    def look(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    made = caller(look)
    made.call(
        Call("GET", "/invoices", params={"page": 2, "customercode": "A&B"}, headers={"Authorization": "KfToken t"})
    )
    made.call(Call("POST", "/invoices", json={}))
    made.call(Call("POST", "/oauth/token", form={"scope": "a b"}))
    read, write, login = seen
    assert str(read.url) == "https://books.test/v2/invoices?page=2&customercode=A%26B"
    assert (read.headers["accept"], read.headers["authorization"]) == ("application/json", "KfToken t")
    assert "content-type" not in read.headers
    assert (write.headers["content-type"], write.content) == ("application/json", b"{}")
    assert login.headers["content-type"] == "application/x-www-form-urlencoded"
    assert login.content == b"scope=a+b"


def test_a_call_waits_as_long_as_the_sheet_says_or_as_it_is_told() -> None:
    seen: list[dict[str, float]] = []

    def look(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200)

    made = caller(look)
    made.call(Call("GET", "/x"))
    made.call(Call("GET", "/x", timeout_seconds=15.0))
    assert (seen[0]["connect"], seen[0]["read"]) == (10, 60) == (TIMEOUT.connect, TIMEOUT.read)
    assert seen[1]["read"] == 15


def test_redirects_are_not_followed_with_the_token() -> None:
    moved = answering(302, headers={"Location": "https://elsewhere.test/"})
    assert isinstance(trouble(moved, headers={"Authorization": "KfToken secret"}), RefusedError)


@pytest.mark.parametrize(
    "made",
    [
        *(failing(kind(f"Illegal header value b'KfToken session-token' {PERSONAL}")) for kind in HTTP_ERRORS),
        answering(400, json={"Error": "Bad", "Message": f"{PERSONAL} is wrong"}),
        answering(400, text=PERSONAL),
        answering(429, text=PERSONAL),
        answering(500, text=PERSONAL),
        answering(200, text=PERSONAL),
        caller(lambda request: httpx.Response(500, content=request.content)),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_no_error_shows_what_was_sent_or_answered(made: Caller, method: str) -> None:
    headers = {"Authorization": "KfToken session-token"}
    caught = trouble(made, method, "/customers/W1", json={"Email": PERSONAL, "Password": "hunter2"}, headers=headers)
    shown = "".join(traceback.format_exception(caught)) + repr(caught) + repr(vars(caught))
    for secret in (PERSONAL, "hunter2", "session-token"):
        assert secret not in shown


def test_a_call_with_a_name_is_shown_by_it_and_not_by_its_path() -> None:
    caught = trouble(answering(404), "DELETE", "/sessiontoken/9a1b7e52", name="DELETE /sessiontoken")
    assert "9a1b7e52" not in str(caught)
    assert "DELETE /sessiontoken" in str(caught)
