"""The whole bridge in one process: what a test does with it.

There are two stages. `tests/simulation/stage.py` is the simulated world: everything in memory, on virtual time.
`tests/moto_stage.py` has moto for AWS, the sandbox systems on loopback ports, and true time: it costs fifty times as
much.
"""

import base64
import hashlib
import hmac
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import httpx
import simplejson

from sandbox.witness import Books
from sitecore_kashflow.documents.entry import Entries
from sitecore_kashflow.runs.records import SubjectRecord
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.runtime.wiring import Wiring
from tests.deployed import HASH_KEY, context, handler

TWO_MUGS = (("MUG", 2, "10.00"),)


class Shop:
    """Places orders as a shop does, through the sandbox OrderCloud's own API."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, transport=transport)
        self.log_in()

    def log_in(self) -> None:
        """Get a token, again if so much time has passed that the last one has expired."""
        answer = self._http.post(
            "/oauth/token",
            data={
                "grant_type": "client_credentials",
                "client_id": "backoffice",
                "client_secret": "backoffice-secret",
                "scope": "FullAccess",
            },
        )
        self._http.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"

    def close(self) -> None:
        self._http.close()

    def call(self, method: str, path: str, **fields: Any) -> Any:
        content = simplejson.dumps(fields, use_decimal=True) if fields else None
        answer = self._http.request(method, path, content=content, headers={"Content-Type": "application/json"})
        if answer.is_error:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return simplejson.loads(answer.text, parse_float=Decimal) if answer.text else None

    def customer(self, user_id: str = "ada", first: str = "Ada", last: str = "Field") -> str:
        """A buyer's user, made once."""
        known = [row["ID"] for row in self.call("GET", "/v1/buyers")["Items"]]
        if "retail" not in known:
            self.call("POST", "/v1/buyers", ID="retail", Name="Retail", Active=True)
        self.call(
            "PUT",
            f"/v1/buyers/retail/users/{user_id}",
            ID=user_id,
            Username=user_id,
            FirstName=first,
            LastName=last,
            Email=f"{user_id}@shop.example",
            Active=True,
        )
        return user_id

    def order(
        self,
        order_id: str,
        *,
        lines: Sequence[tuple[str, int, str]] = TWO_MUGS,
        tax: str = "4.99",
        country: str = "GB",
        payment: dict[str, Any] | None = None,
    ) -> str:
        """A submitted order; by default two mugs with delivery for 4.95, 29.94 with VAT."""
        self.cart(order_id, lines=lines, tax=tax, country=country)
        if payment:
            self.call("POST", f"/v1/orders/Incoming/{order_id}/payments", **payment)
        self.call("POST", f"/v1/orders/Incoming/{order_id}/submit")
        return order_id

    def cart(
        self,
        order_id: str,
        *,
        lines: Sequence[tuple[str, int, str]] = TWO_MUGS,
        tax: str = "4.99",
        country: str = "GB",
    ) -> None:
        """An order that is not submitted yet. `lines`: product, quantity, price."""
        user_id = self.customer()
        self.call("POST", "/v1/orders/Incoming", ID=order_id, FromUserID=user_id, FromCompanyID="retail")
        place = {"FirstName": "Ada", "LastName": "Field", "Street1": "1 High St", "City": "Leeds", "Zip": "LS1 1AA"}
        for kind in ("billto", "shipto"):
            self.call("PUT", f"/v1/orders/Incoming/{order_id}/{kind}", Country=country, **place)
        for product in sorted({product for product, _, _ in lines}):
            self.call("PUT", f"/v1/products/{product}", ID=product, Name=product.title(), Active=True)
        for product, quantity, price in lines:
            self.call(
                "POST",
                f"/v1/orders/Incoming/{order_id}/lineitems",
                ProductID=product,
                Quantity=quantity,
                UnitPrice=Decimal(price),
            )
        self.call("PATCH", f"/v1/orders/Incoming/{order_id}", TaxCost=Decimal(tax), ShippingCost=Decimal("4.95"))

    def paid_order(self, order_id: str, payment: dict[str, Any]) -> str:
        """The default order, its card charged at once."""
        self.order(order_id, payment=payment)
        self.capture(order_id, payment["ID"])
        return order_id

    def capture(
        self,
        order_id: str,
        payment_id: str,
        kind: str = "CreditCardCapture",
        name: str = "taken",
        amount: str | None = None,
    ) -> None:
        """The card is charged, or what else the kind of transaction says; the whole if no amount is given."""
        self.call(
            "POST",
            f"/v1/orders/Incoming/{order_id}/payments/{payment_id}/transactions",
            ID=name,
            Type=kind,
            DateExecuted="2026-11-20T10:00:00+00:00",
            Succeeded=True,
            Amount=self.read(order_id)["Total"] if amount is None else Decimal(amount),
        )

    def read(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/v1/orders/Incoming/{order_id}")
        return found

    def said(self, order_id: str) -> dict[str, Any]:
        """What the bridge wrote on the order."""
        report: dict[str, Any] = (self.read(order_id).get("xp") or {}).get("KashFlow") or {}
        return report


def subject(order_id: str) -> Subject:
    """An order of the sandbox OrderCloud."""
    return Subject("order", "ordercloud", order_id)


class Stage(ABC):
    """A test's view of the whole: two systems, the cloud and the bridge between them.

    `aws` is the ground's `boto3`, `step_calls` every call of a step by the workflow. `kashflow_transport` leads to
    the sandbox KashFlow, for people who call it themselves.
    """

    shop: Shop
    books: Books
    wiring: Wiring
    aws: Any
    step_calls: list[str]
    kashflow_url: str
    ordercloud_url: str
    kashflow_transport: httpx.BaseTransport | None = None

    @abstractmethod
    def switch(self, system: str, **positions: str) -> None:
        """Turn switches of `kashflow` or `ordercloud`."""

    @abstractmethod
    def fault(self, system: str, **plan: Any) -> None:
        """Plan a fault in `kashflow` or `ordercloud`."""

    @abstractmethod
    def calls(self, system: str) -> dict[str, int]:
        """How often each route was called since the last look."""

    @abstractmethod
    def change_account(self, **settings: str) -> None:
        """Do what people do in KashFlow's own screens."""

    @abstractmethod
    def consume(self) -> None:
        """Deliver what is on the order queue, as the event source mapping does."""

    @abstractmethod
    def executions(self) -> list[dict[str, Any]]:
        """The runs of the workflow: `name`, `status` and `executionArn`."""

    @abstractmethod
    def given_to(self, run: dict[str, Any]) -> str:
        """The input of a run, as text."""

    @abstractmethod
    def start_run(self, name: str, given: str) -> dict[str, Any]:
        """Start a run past the bridge."""

    @abstractmethod
    def settle(self) -> None:
        """Wait until every run has ended or is parked, and told its shop so."""

    @abstractmethod
    def wait_for(self, happened: Callable[[], bool], seconds: float = 20) -> None:
        """Look again and again until it has happened."""

    def webhook(self, order_id: str, route: str = "submit", log_id: str = "") -> dict[str, Any]:
        """OrderCloud's webhook about an order, signed, through the door. Returns the door's answer."""
        body = {
            "Route": f"v1/orders/{{direction}}/{{orderID}}/{route}",
            "RouteParams": {"direction": "Outgoing", "orderID": order_id},
            "Verb": "POST",
            "LogID": log_id or f"log-{order_id}-{route}-{time.monotonic_ns()}",
            "UserToken": "a.live.credential",
            "Response": {"Body": {"ID": order_id}},
        }
        return self.post(json.dumps(body).encode())

    def post(self, raw: bytes, signature: str | None = None) -> dict[str, Any]:
        """Any bytes through the door, correctly signed unless a signature is given."""
        signed = base64.b64encode(hmac.new(HASH_KEY.encode(), raw, hashlib.sha256).digest()).decode()
        event = {"body": raw.decode(), "headers": {"X-oc-hash": signed if signature is None else signature}}
        answer: dict[str, Any] = handler("ingest_ordercloud")(event, context("ingest_ordercloud"))
        return answer

    def walk(self, order_id: str, route: str = "submit") -> SubjectRecord:
        """Webhook, queue, workflow, to the end. Returns the ledger's record of the order."""
        assert self.webhook(order_id, route)["statusCode"] == 200
        self.consume()
        self.settle()
        return self.record(order_id)

    def record(self, order_id: str) -> SubjectRecord:
        """What the ledger knows of the order."""
        found: SubjectRecord = self.wiring.runs.record(subject(order_id))
        return found

    def entries(self, order_id: str) -> Entries:
        """What the ledger knows of the order's documents."""
        found: Entries = self.wiring.documents.of(subject(order_id))
        return found

    def resume(self, order_id: str, *, afresh: bool = False) -> str:
        """A person lets a parked order go on."""
        said: str = self.wiring.decisions.resume(subject(order_id), self.wiring.clock(), afresh=afresh)
        return said

    def abandon(self, order_id: str, reason: str) -> str:
        """A person leaves a parked order alone."""
        said: str = self.wiring.decisions.abandon(subject(order_id), reason, self.wiring.clock())
        return said

    def reopen(self, order_id: str) -> None:
        """A person lets an abandoned order go on."""
        self.wiring.decisions.reopen(subject(order_id), self.wiring.clock())
