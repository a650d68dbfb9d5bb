"""A server that keeps what it holds: killed at any moment, it goes on from its last answer under the same address."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.processes import Processes, free_port
from sandbox.retail import RetailShop, demo_orders
from sandbox.shared.exact_json import read_json
from sandbox.shared.keeping import Keeper
from sandbox.witness import Books, Shop

ROOT = Path(__file__).parents[2]


class Server:
    """A sandbox server in a process of its own, started again whenever it ends."""

    def __init__(self, name: str, folder: Path, processes: Processes) -> None:
        self.name = name
        self.kept = folder / f"{name}.kept"
        self._processes = processes
        command = [sys.executable, "-m", f"sandbox.{name}", "--port", str(free_port()), "--keep", str(self.kept)]
        log = processes.keep_up(name, command, {"PATH": "/usr/bin:/bin"}, ROOT)
        self.url = processes.address(name, log)

    def kill(self) -> None:
        """As a machine does that has no memory left."""
        before = self._processes.ids[self.name]
        self._processes.kill(self.name)
        wait_for(lambda: self._processes.ids[self.name] != before)
        wait_for(self.answers)

    def answers(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/_sandbox/switches").is_success
        return False


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    with Processes(tmp_path) as started:
        yield started


@pytest.fixture
def kashflow(tmp_path: Path, processes: Processes) -> Server:
    return Server("kashflow", tmp_path, processes)


@pytest.fixture
def ordercloud(tmp_path: Path, processes: Processes) -> Server:
    return Server("ordercloud", tmp_path, processes)


def wait_for(happened: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.02)


def clerk(books: Books, url: str) -> httpx.Client:
    """Writes under the session of a reader."""
    books.rows()
    return httpx.Client(base_url=url, headers={"Authorization": books.authorization}, timeout=5)


def invoice(reference: str) -> dict[str, Any]:
    lines = [{"Quantity": 1, "Rate": 10, "VATLevel": 20, "NominalCode": 4000}]
    return {"CustomerCode": "WEB1", "CustomerReference": reference, "LineItems": lines}


def test_kashflow_when_killed_still_holds_books_sessions_switches_and_the_next_number(kashflow: Server) -> None:
    with Books(kashflow.url) as books, clerk(books, kashflow.url) as http:
        http.post("/v2/customers", json={"Code": "WEB1", "Name": "Ada Field"}).raise_for_status()
        http.post("/v2/invoices", json=invoice("ONE")).raise_for_status()
        http.put("/_sandbox/switches", json={"list_ties": "stable"}).raise_for_status()
        http.put("/_sandbox/account", json={"transaction_lock_date": "2020-01-01"}).raise_for_status()
        before = books.invoices()
        kashflow.kill()
        assert httpx.get(f"{kashflow.url}/_sandbox/switches").json()["list_ties"] == "stable"
    with Books(kashflow.url) as books, clerk(books, kashflow.url) as http:
        assert books.invoices() == before
        assert read_json(http.post("/v2/invoices", json=invoice("TWO")).content)["Number"] == 1002


def test_kashflow_when_killed_keeps_its_sessions(kashflow: Server) -> None:
    with Books(kashflow.url) as books:
        books.rows()
        kashflow.kill()
        answer = httpx.get(f"{kashflow.url}/v2/invoices", headers={"Authorization": books.authorization})
        assert answer.status_code == 200


def test_ordercloud_when_killed_still_holds_orders_and_takes_its_tokens(ordercloud: Server) -> None:
    (order,) = demo_orders(1)
    with RetailShop(ordercloud.url) as backoffice:
        backoffice.place(order)
    with Shop(ordercloud.url) as shop:
        before = shop.get(f"/v1/orders/Incoming/{order.order_id}/worksheet")
        token = shop.authorization
    ordercloud.kill()
    with Shop(ordercloud.url) as shop:
        assert shop.get(f"/v1/orders/Incoming/{order.order_id}/worksheet") == before
    answer = httpx.get(f"{ordercloud.url}/v1/orders/Incoming", headers={"Authorization": token})
    assert answer.status_code == 200


@pytest.mark.parametrize("seed", range(4))
def test_kashflow_when_killed_at_any_moment_holds_every_invoice_it_answered_for(kashflow: Server, seed: int) -> None:
    """At most the one call under way may have landed unanswered."""
    answered: list[str] = []
    ended = threading.Event()
    with Books(kashflow.url) as books, clerk(books, kashflow.url) as http:
        http.post("/v2/customers", json={"Code": "WEB1", "Name": "Ada Field"}).raise_for_status()

        def post_all() -> None:
            with suppress(httpx.TransportError):
                for number in range(10_000):
                    http.post("/v2/invoices", json=invoice(f"I-{number}")).raise_for_status()
                    answered.append(f"I-{number}")
            ended.set()

        writer = threading.Thread(target=post_all)
        writer.start()
        wait_for(lambda: len(answered) > 3)
        ended.wait(seed / 17)
        kashflow.kill()
        writer.join(10)
    with Books(kashflow.url) as books:
        held = [row["CustomerReference"] for row in books.rows()]
    assert held[: len(answered)] == answered
    assert len(held) - len(answered) in (0, 1)


def test_keeper_when_a_draft_was_left_behind_takes_up_the_whole_state(tmp_path: Path) -> None:
    file, clock = tmp_path / "kept", object()
    taken: list[Any] = []
    Keeper(file, shared=(clock,), snapshot=lambda: {"clock": clock, "total": Decimal("1.10")}, restore=taken.append)()
    (tmp_path / "kept.draft").write_bytes(file.read_bytes()[:7])
    assert taken == []
    other = object()
    Keeper(file, shared=(other,), snapshot=dict, restore=taken.append)
    assert taken == [{"clock": other, "total": Decimal("1.10")}]


def test_keeper_without_a_file_keeps_nothing(tmp_path: Path) -> None:
    Keeper(None, shared=(), snapshot=lambda: pytest.fail("nobody asked"), restore=lambda _: None)()
    assert list(tmp_path.iterdir()) == []
