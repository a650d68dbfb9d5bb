"""The till itself, and the warehouse that wants to know stock levels, in a simulated world."""

import json
import sys
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from typing import Any

import httpx
import pytest

from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.runtime.providers import shops
from tests.second_shop import ingest, set_stock
from tests.second_shop.events import HEADER, signature
from tests.second_shop.shop import SOURCE
from tests.simulation.dynamo import Item
from tests.simulation.walker import DONE, Outcome
from tests.simulation.world import World

KEY = "the-tills-own-key"


def open_second_shop(patch: pytest.MonkeyPatch) -> None:
    """One row for the shop, and where its two functions are."""
    patch.setitem(shops.SOURCES, SOURCE, "tests.second_shop.providers")
    patch.setitem(sys.modules, "functions.ingest_till.app", ingest)
    patch.setitem(sys.modules, "functions.set_stock.app", set_stock)
    patch.setenv("STOCK_QUEUE_URL", "StockQueue")


class Till:
    """Sells, and tells of it: late, twice, out of order, and again until it is taken."""

    def __init__(self, world: World, late_seconds: float = 3) -> None:
        self.world = world
        self.sales: dict[str, Item] = {}
        self.levels: dict[str, Item] = {}
        self.counted: dict[str, list[int]] = {}
        self.written: list[tuple[str, int]] = []
        self.told: dict[str, Any] = {}
        self.stored: dict[str, Any] = {}
        self._late_seconds = late_seconds
        world.secrets["till"] = {"key": KEY}
        world.others |= {"till": _taking(self.told), "warehouse": _taking(self.stored, self._note)}
        world.open_queue("StockQueue", "set_stock")
        world.further = self._wanted
        world.checks.append(self.violations)

    def sell(self, number: int, *, is_paid: bool = True) -> list[Item]:
        """A sale that is opened, done and, it may be, paid: each is an event. Returns them, not sent yet."""
        sale = {
            "what": "sale",
            "id": f"TILL-{number}",
            "at": self.world.clock().isoformat(),
            "customer": f"Counter {number % 3}",
            "net": f"{10 + number}.00",
            "vat": str(Decimal(10 + number) / 5),
        }
        steps = [("open", False), ("done", False), ("done", True)][: 3 if is_paid else 2]
        events = [
            sale | {"version": version, "status": status, "is_paid": paid}
            for version, (status, paid) in enumerate(steps, start=1)
        ]
        self.sales[str(sale["id"])] = events[-1]
        return events

    def count(self, product: str, level: int) -> Item:
        """A new level of a product; its event is not sent yet."""
        version = self.levels.get(product, {"version": 0})["version"] + 1
        self.levels[product] = {"what": "level", "id": product, "version": version, "level": level}
        self.counted.setdefault(product, []).append(level)
        return self.levels[product]

    def announce(self, events: Iterable[Item]) -> None:
        """Each some seconds late, some twice."""
        random = self.world.random
        for event in events:
            for _ in range(2 if random.random() < 0.2 else 1):
                self.world.plan(random.random() * self._late_seconds, partial(self.post, event))

    def post(self, event: Item, tries: int = 20) -> None:
        body = json.dumps(event)
        headers = {HEADER.title(): signature(KEY, body.encode())}

        def answered(outcome: Outcome) -> None:
            is_taken = outcome[0] == DONE and outcome[1]["statusCode"] == 200
            if not is_taken and tries > 1:
                self.world.plan(30, partial(self.post, event, tries - 1))

        self.world.functions.invoke("ingest_till", {"body": body, "headers": headers}, answered)

    def violations(self) -> list[str]:
        """What is wrong with what the till and the warehouse were told, and with the ledger."""
        books, ledger = self.world.kashflow.kashflow.books, self.world.tables["LedgerTable"].items
        numbers = {str(one["CustomerReference"]): one for one in books.invoices}
        wrong = []
        for name, sale in self.sales.items():
            invoice = numbers.get(name, {"Number": None, "PaymentLines": []})
            state = "paid" if sale["is_paid"] else "invoiced"
            told = {"state": state, "invoice": invoice["Number"]}
            if self.told.get(name) != told:
                wrong.append(f"{name}: the till was told {self.told.get(name)}, should be {told}")
            if len(invoice["PaymentLines"] or []) != sale["is_paid"]:
                wrong.append(f"{name}: its invoice shows {invoice['PaymentLines']}")
            wrong += _held(ledger, Subject("order", SOURCE, name), state)
        for product, level in self.levels.items():
            if self.stored.get(product) != {"level": level["level"]}:
                wrong.append(f"{product}: the warehouse has {self.stored.get(product)}, should be {level['level']}")
            wrong += _held(ledger, Subject("stock", SOURCE, product), "known")
            places = [self.counted[product].index(one) for name, one in self.written if name == product]
            if places != sorted(places):
                wrong.append(f"{product}: the warehouse went back to an older level: {places}")
        return wrong

    def _note(self, product: str, body: Any) -> None:
        self.written.append((product, body["level"]))

    def _wanted(self, _: list[Item]) -> dict[str, tuple[str, Decimal]]:
        return {
            name: (sale["customer"], Decimal(sale["net"]) + Decimal(sale["vat"])) for name, sale in self.sales.items()
        }


def _held(ledger: dict[Any, Item], subject: Subject, state: str) -> list[str]:
    item = ledger.get((subject.pk, "STATE"), {})
    found = (item.get("state"), item.get("is_open"), item.get("events") == item.get("served"))
    return [] if found == (state, False, True) else [f"{subject.key}: state, held, all served are {found}"]


def _taking(store: dict[str, Any], note: Callable[[str, Any], None] = lambda *_: None) -> httpx.BaseTransport:
    """A system that keeps what is put, by the last part of the path."""

    def take(request: httpx.Request) -> httpx.Response:
        name, body = request.url.path.rpartition("/")[2], json.loads(request.content)
        store[name] = body
        note(name, body)
        return httpx.Response(200, json={})

    return httpx.MockTransport(take)
