"""The whole bridge in one process: real doors and workflow on moto, the sandbox systems on loopback ports."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import boto3
import httpx
import pytest
import simplejson

from sandbox.kashflow.app import create_app as kashflow_app
from sandbox.ordercloud.app import create_app as ordercloud_app
from sandbox.shared.serve import running
from sandbox.witness import Books
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.runs.records import OrderRecord
from sitecore_kashflow.runtime.wiring import Wiring, use
from tests.cloud import Cloud, cloud, secrets_of_the_sandbox
from tests.deployed import HASH_KEY, context, handler


class Shop:
    """Places orders as a shop does, through the sandbox OrderCloud's own API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url)
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
        lines: list[tuple[str, int, str]] | None = None,
        tax: str = "4.99",
        shipping: str = "4.95",
        country: str = "GB",
        user_id: str = "ada",
        payment: dict[str, Any] | None = None,
        captured: bool = False,
        submit: bool = True,
    ) -> str:
        """An order; by default two mugs at 10.00 with delivery, 29.94 with VAT. `lines`: product, quantity, price."""
        self.customer(user_id)
        self.call("POST", "/v1/orders/Incoming", ID=order_id, FromUserID=user_id, FromCompanyID="retail")
        place = {"FirstName": "Ada", "LastName": "Field", "Street1": "1 High St", "City": "Leeds", "Zip": "LS1 1AA"}
        for kind in ("billto", "shipto"):
            self.call("PUT", f"/v1/orders/Incoming/{order_id}/{kind}", Country=country, **place)
        for product, quantity, price in lines or [("MUG", 2, "10.00")]:
            self.call("PUT", f"/v1/products/{product}", ID=product, Name=product.title(), Active=True)
            self.call(
                "POST",
                f"/v1/orders/Incoming/{order_id}/lineitems",
                ProductID=product,
                Quantity=quantity,
                UnitPrice=Decimal(price),
            )
        self.call("PATCH", f"/v1/orders/Incoming/{order_id}", TaxCost=Decimal(tax), ShippingCost=Decimal(shipping))
        if payment:
            self.call("POST", f"/v1/orders/Incoming/{order_id}/payments", **payment)
        if submit:
            self.call("POST", f"/v1/orders/Incoming/{order_id}/submit")
        if captured and payment:
            self.capture(order_id, payment["ID"])
        return order_id

    def capture(self, order_id: str, payment_id: str, kind: str = "CreditCardCapture") -> None:
        """The card is charged."""
        self.call(
            "POST",
            f"/v1/orders/Incoming/{order_id}/payments/{payment_id}/transactions",
            Type=kind,
            DateExecuted="2026-11-20T10:00:00+00:00",
            Succeeded=True,
            Amount=self.read(order_id)["Total"],
        )

    def read(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/v1/orders/Incoming/{order_id}")
        return found

    def said(self, order_id: str) -> dict[str, Any]:
        """What the bridge wrote on the order."""
        told: dict[str, Any] = (self.read(order_id).get("xp") or {}).get("KashFlow") or {}
        return told


@dataclass
class Stage:
    """A test's view of the whole: two systems, the cloud and the bridge between them."""

    shop: Shop
    books: Books
    cloud: Cloud
    wiring: Wiring
    kashflow_url: str
    ordercloud_url: str

    def switch(self, system: str, **positions: str) -> None:
        """Turn switches of `kashflow` or `ordercloud`."""
        self._control(system, "PUT", "/_sandbox/switches", positions)

    def fault(self, system: str, **plan: Any) -> None:
        """Plan a fault in `kashflow` or `ordercloud`."""
        self._control(system, "POST", "/_sandbox/faults", plan)

    def calls(self, system: str) -> dict[str, int]:
        """How often each route was called since the last look."""
        told: dict[str, int] = self._control(system, "GET", "/_sandbox/calls")["by_route"]
        self._control(system, "DELETE", "/_sandbox/calls")
        return told

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

    def consume(self) -> int:
        """Deliver what is on the order queue, as the event source mapping does. Returns how many records."""
        sqs, url, seen = boto3.client("sqs"), self.cloud.order_queue_url, 0
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            records = [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": {},
                    "messageAttributes": {},
                    "eventSource": "aws:sqs",
                    "eventSourceARN": "arn:aws:sqs:eu-west-2:123456789012:OrderQueue",
                    "awsRegion": "eu-west-2",
                }
                for message in messages
            ]
            answer = handler("process_order")({"Records": records}, context("process_order"))
            failed = {row["itemIdentifier"] for row in answer["batchItemFailures"]}
            for message in messages:
                if message["MessageId"] not in failed:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            seen += len(messages)
        return seen

    def executions(self) -> list[dict[str, Any]]:
        listed = boto3.client("stepfunctions").list_executions(stateMachineArn=self.cloud.state_machine_arn)
        return [dict(one) for one in listed["executions"]]

    def settle(self) -> None:
        """Wait until every run has ended or is parked, and told its shop so."""
        self.wait_for(lambda: len(self._running()) <= len(self._parked()) and not self.cloud.steps_under_way)

    def wait_for(self, happened: Callable[[], bool], seconds: float = 20) -> None:
        """Look again and again until it has happened."""
        until = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > until:
                raise AssertionError(f"not within {seconds} s; running: {[run['name'] for run in self._running()]}")
            time.sleep(0.02)

    def _running(self) -> list[dict[str, Any]]:
        return [one for one in self.executions() if one["status"] == "RUNNING"]

    def _parked(self) -> list[OrderRecord]:
        return [one for one in self.wiring.ledger.orders_in(OrderState.PARKED) if one.task_token]

    def walk(self, order_id: str, route: str = "submit") -> OrderRecord:
        """Webhook, queue, workflow, to the end. Returns the ledger's record of the order."""
        assert self.webhook(order_id, route)["statusCode"] == 200
        self.consume()
        self.settle()
        return self.record(order_id)

    def record(self, order_id: str) -> OrderRecord:
        return self.wiring.ledger.order(f"ordercloud:{order_id}")

    def _control(self, system: str, method: str, path: str, body: Any = None) -> Any:
        url = self.kashflow_url if system == "kashflow" else self.ordercloud_url
        answer = httpx.request(method, f"{url}{path}", json=body)
        if answer.is_error:
            raise AssertionError(f"{method} {path}: {answer.text}")
        return answer.json() if answer.text else None


@contextmanager
def servers() -> Iterator[tuple[str, str]]:
    """Both sandbox systems, on free loopback ports: addresses of KashFlow and OrderCloud."""
    with running(kashflow_app()) as kashflow_url, running(ordercloud_app()) as ordercloud_url:
        yield kashflow_url, ordercloud_url


@contextmanager
def stage(
    monkeypatch: pytest.MonkeyPatch, kashflow_url: str, ordercloud_url: str, waits: dict[str, str] | None = None
) -> Iterator[Stage]:
    """Both systems fresh from their seed, an empty ledger, and the bridge wired to them."""
    for url in (kashflow_url, ordercloud_url):
        httpx.post(f"{url}/_sandbox/reset").raise_for_status()
        httpx.delete(f"{url}/_sandbox/faults").raise_for_status()
    with cloud(monkeypatch, waits) as made:
        secrets_of_the_sandbox()
        monkeypatch.setenv("KASHFLOW_URL", kashflow_url)
        monkeypatch.setenv("ORDERCLOUD_URL", ordercloud_url)
        shop, books, wiring = Shop(ordercloud_url), Books(kashflow_url), use(Wiring())
        try:
            yield Stage(shop, books, made, wiring, kashflow_url, ordercloud_url)
        finally:
            for one in (shop, books, wiring):
                one.close()
