"""Reads both systems without the bridge, as people would, to see whether they agree."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import httpx

from sandbox.shared.exact_json import read_json

KASHFLOW_LOGIN = ("api@shop.example", "sandbox-password", "sandbox")
ORDERCLOUD_LOGIN = ("backoffice", "backoffice-secret")
_PAGE = 100


class _Reader(ABC):
    """One kept-alive connection that logs in by itself."""

    def __init__(self, base_url: str, transport: httpx.BaseTransport | None) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=30, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    @property
    def authorization(self) -> str:
        """The header of the session that is in use; empty before the first call."""
        return str(self._http.headers.get("Authorization", ""))

    def get(self, path: str, **query: str) -> Any:
        """A parsed answer with exact decimals. Raises httpx.HTTPStatusError."""
        if "Authorization" not in self._http.headers:
            self._log_in()
        answer = self._http.get(path, params=query)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._log_in()
            answer = self._http.get(path, params=query)
        return read_json(answer.raise_for_status().content)

    @abstractmethod
    def _log_in(self) -> None:
        """Put the `Authorization` header on the connection; each system has its own way."""


class Books(_Reader):
    """KashFlow. `url` is the server's, without `/v2`."""

    def __init__(
        self,
        url: str,
        login: tuple[str, str, str] = KASHFLOW_LOGIN,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(f"{url.rstrip('/').removesuffix('/v2')}/v2", transport)
        self._login = login
        self._last_number = 0

    def rows(self) -> list[dict[str, Any]]:
        """All invoices as the list shows them, by number."""
        found: dict[int, dict[str, Any]] = {}
        for page in range(1, 10_000):
            body = self.get("/invoices", page=str(page), perpage=str(_PAGE), sortby="Number", order="Asc")
            found |= {row["Number"]: row for row in body["Data"]}
            if not body["Data"] or len(found) >= body["MetaData"]["TotalRecords"]:
                break
        return [found[number] for number in sorted(found)]

    def invoices(self) -> list[dict[str, Any]]:
        """All invoices in full, by number."""
        return [self.get(f"/invoices/{row['Number']}") for row in self.rows()]

    def new_references(self) -> list[str]:
        """The references of invoices made since the last call, newest first."""
        body = self.get("/invoices", page="1", perpage=str(_PAGE), sortby="Number", order="Desc")
        fresh = [row for row in body["Data"] if row["Number"] > self._last_number]
        self._last_number = max((row["Number"] for row in fresh), default=self._last_number)
        return [row["CustomerReference"] for row in fresh]

    def _log_in(self) -> None:
        user, password, word = self._login
        start = self._http.post("/sessiontoken", json={"UserName": user, "Password": password}).raise_for_status()
        asked = start.json()
        if asked.get("SessionToken"):
            self._http.headers["Authorization"] = f"KfToken {asked['SessionToken']}"
            return
        letters = [{"Position": p["Position"], "Value": word[p["Position"] - 1]} for p in asked["MemorableWordList"]]
        answer = {"TemporaryToken": asked["TemporaryToken"], "MemorableWordList": letters}
        done = self._http.put("/sessiontoken", json=answer).raise_for_status()
        self._http.headers["Authorization"] = f"KfToken {done.json()['SessionToken']}"


@dataclass(frozen=True)
class OrderState:
    """What OrderCloud says about an order, and what the bridge has written on it (`bridge_report`)."""

    order_id: str
    status: str
    total: Decimal
    currency: str
    submitted_at: datetime | None
    bridge_report: dict[str, Any]

    @property
    def sync_state(self) -> str:
        return str(self.bridge_report.get("SyncState") or "")


@dataclass(frozen=True)
class Money:
    """What the shop received for an order, what it gave back, and what the customer's bank took back."""

    received: Decimal
    given_back: Decimal
    taken: Decimal

    @property
    def went_back(self) -> Decimal:
        return self.given_back + self.taken

    @property
    def kept(self) -> Decimal:
        return self.received - self.went_back


class Shop(_Reader):
    """OrderCloud. `url` is the server's, without `/v1`."""

    def __init__(
        self,
        url: str,
        login: tuple[str, str] = ORDERCLOUD_LOGIN,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(url.rstrip("/").removesuffix("/v1"), transport)
        self._login = login

    def orders(self) -> Iterator[OrderState]:
        """All orders, by id."""
        last = ""
        while True:
            since = {"ID": f">{last}"} if last else {}
            body = self.get("/v1/orders/Incoming", pageSize=str(_PAGE), sortBy="ID", **since)
            for row in body["Items"]:
                yield _state(row)
            if len(body["Items"]) < _PAGE:
                return
            last = body["Items"][-1]["ID"]

    def order(self, order_id: str) -> OrderState:
        """One order, by id: lists may lag behind."""
        return _state(self.get(f"/v1/orders/Incoming/{order_id}"))

    def money(self, order_id: str) -> Money:
        """What the order's payments say. A gift card, which has no transactions of its own at its sale, is spent."""
        payments = self.get(f"/v1/orders/Incoming/{order_id}/payments", pageSize=str(_PAGE))["Items"]
        done = [one for payment in payments for one in payment["Transactions"] or () if one["Succeeded"]]
        cards = [one["Amount"] for one in payments if one["Type"] == "SpendingAccount"]
        return Money(
            received=sum(cards, _sum_of(done, ("CreditCardCapture",))),
            given_back=-_sum_of(done, ("CreditCardRefund",)),
            taken=-_sum_of(done, ("Chargeback", "ChargebackReversed")),
        )

    def _log_in(self) -> None:
        client_id, secret = self._login
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        answer = self._http.post("/oauth/token", data=form | {"scope": "FullAccess"}).raise_for_status()
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def _sum_of(transactions: Iterable[dict[str, Any]], types: tuple[str, ...]) -> Decimal:
    return sum((one["Amount"] for one in transactions if one["Type"] in types), Decimal(0))


def _state(row: dict[str, Any]) -> OrderState:
    return OrderState(
        order_id=row["ID"],
        status=row["Status"],
        total=row["Total"],
        currency=row["Currency"] or "",
        submitted_at=datetime.fromisoformat(row["DateSubmitted"]) if row["DateSubmitted"] else None,
        bridge_report=(row.get("xp") or {}).get("KashFlow") or {},
    )
