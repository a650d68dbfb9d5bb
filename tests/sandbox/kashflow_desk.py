"""A desk in the sandbox KashFlow's office: a client that is logged in, a clock that only the test moves."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from sandbox.kashflow.memory import in_memory
from sandbox.shared.exact_json import read_json, write_json

CREDENTIALS = {"UserName": "api@shop.example", "Password": "sandbox-password"}
MEMORABLE_WORD = "sandbox"


class Clock:
    """A clock for one test; it stands still between calls of `sleep`."""

    def __init__(self) -> None:
        self.now = datetime(2026, 8, 20, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Desk:
    """Calls the sandbox in memory; numbers go out and come in as Decimal."""

    def __init__(self, **switches: str) -> None:
        self.clock = Clock()
        self.sandbox = in_memory(self.clock, self.clock.sleep, switches=switches)
        self.http = httpx.Client(transport=self.sandbox.transport, base_url="http://kashflow.test/v2", timeout=30)

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.http.request(method, path, content=None if body is None else write_json(body))

    def get(self, path: str) -> Any:
        return exact(self.call("GET", path), 200)

    def post(self, path: str, body: Any, status: int = 201) -> Any:
        return exact(self.call("POST", path, body), status)

    def put(self, path: str, body: Any, status: int = 200) -> Any:
        return exact(self.call("PUT", path, body), status)

    def log_in(self) -> str:
        step = exact(self.call("POST", "/sessiontoken", CREDENTIALS), 201)
        token = exact(self.call("PUT", "/sessiontoken", answered(step)), 200)["SessionToken"]
        self.http.headers["Authorization"] = f"KfToken {token}"
        return str(token)

    def new_customer(self, code: str = "WEB1", **more: Any) -> Any:
        return self.post("/customers", {"Code": code, "Name": "Ada Field", **more})

    def new_invoice(self, *lines: dict[str, Any], **more: Any) -> Any:
        return self.post("/invoices", invoice_body(*lines, **more))


def open_desk(**switches: str) -> Desk:
    """A desk with a session and the customer WEB1, under the given switches."""
    desk = Desk(**switches)
    desk.log_in()
    desk.new_customer()
    return desk


def answered(step: Any) -> Any:
    """Login step 1 with the characters of the memorable word filled in."""
    characters = [
        {"Position": item["Position"], "Value": MEMORABLE_WORD[item["Position"] - 1]}
        for item in step["MemorableWordList"]
    ]
    return {"TemporaryToken": step["TemporaryToken"], "MemorableWordList": characters}


def line(rate: str = "10.00", quantity: str = "1", **more: Any) -> dict[str, Any]:
    """An invoice line at 20 %, its VAT left to the server."""
    return {"Quantity": Decimal(quantity), "Rate": Decimal(rate), "NominalCode": 4000, "VATLevel": 20, **more}


def invoice_body(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An invoice of the customer WEB1, by default one line of 10.00 plus VAT."""
    return {
        "CustomerCode": "WEB1",
        "CustomerReference": "WEB-100234",
        "IssuedDate": "2026-08-20 12:00:00",
        "LineItems": list(lines) or [line()],
        **more,
    }


def exact(response: httpx.Response, status: int) -> Any:
    """The body with exact decimals, once the status is as expected."""
    assert response.status_code == status, response.text
    return read_json(response.content) if response.content else None
