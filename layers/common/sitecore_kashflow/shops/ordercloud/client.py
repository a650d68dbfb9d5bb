"""OrderCloud's orders (docs/facts/sitecore.md). A read by id is up to date; lists may lag behind writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from ...calls.access import Access, AccessStore
from ...calls.credentials import OrdercloudCredentials, SecretSource
from ...calls.gate import Gate
from ...calls.http import Answer, Call, Caller, Dialect, Query
from ...calls.turned_away import require_not_turned_away, turn_away
from ...calls.whole_list import Reading, whole_list
from ...canonical.clock import Clock
from ...errors import BridgeError, CredentialsRefusedError, PermanentError, RefusedError, RetryableError
from ...observability import Metric, count

SYSTEM = "OrderCloud"
_RENEW_BEFORE = timedelta(seconds=30)  # OC-4
_PAGE_SIZE = 100  # OC-23
_MAX_PAGES = 1000
_RETURNS = "/v1/orderreturns"
_OFFLINE = "Api.Offline"  # OC-78
_WRONG_SECRET = (  # OC-6
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "Auth.InvalidUsernameOrPassword",
    "ApiClient.InvalidClientID",
)


def error_code(body: Any) -> str:
    """`{"Errors": [{"ErrorCode": code, ...}]}` (OC-18), or OAuth's `{"error": code}` (OC-6)."""
    return str(body["Errors"][0]["ErrorCode"] if body.get("Errors") else body["error"])


def error_message(body: Any) -> str:
    return str(body["Errors"][0]["Message"] or "")


def judge(status: int, code: str, call: Call) -> Exception | None:
    """An API that is offline for maintenance has done nothing, and is soon back (OC-78)."""
    del status
    if code == _OFFLINE:
        return RetryableError("NO_ANSWER", f"{SYSTEM} is offline: it did not take {call.shown}.")
    return None


DIALECT = Dialect(SYSTEM, error_code, error_message, judge)


@dataclass(frozen=True)
class Login:
    """Who logs in, and the roles that are asked for, with blanks between (OC-5)."""

    credentials: SecretSource[OrdercloudCredentials]
    roles: str = "OrderAdmin"


class OrdercloudClient:
    """The calls the bridge makes, as the seller's integration (direction `Incoming`). `wire` reads their answers."""

    def __init__(
        self,
        *,
        caller: Caller,
        login: Login,
        store: AccessStore,
        gate: Gate,
        clock: Clock,
    ) -> None:
        self._caller = caller
        self._login = login
        self._store = store
        self._gate = gate
        self._clock = clock
        self._token = ""
        self._token_until: datetime | None = None

    def worksheet(self, order_id: str) -> dict[str, Any] | None:
        """The order with all its lines, or None if there is no such order. Most likely its payments are read next."""
        return self._one(f"{_order(order_id)}/worksheet", calls=2)

    def payments(self, order_id: str) -> list[dict[str, Any]]:
        """All payments of the order with their transactions."""
        return self._whole_list(f"{_order(order_id)}/payments")

    def shipments(self, order_id: str) -> list[dict[str, Any]]:
        """All shipments that hold something of the order."""
        return self._whole_list(f"{_order(order_id)}/shipments")

    def shipment_items(self, shipment_id: str) -> list[dict[str, Any]]:
        """All that a shipment holds, of whatever orders; nothing of one that is there no longer."""
        try:
            return self._whole_list(f"/v1/shipments/{quote(shipment_id, safe='')}/items")
        except RefusedError as refusal:
            if refusal.status == 404:
                return []
            raise

    def order_return(self, return_id: str) -> dict[str, Any] | None:
        """The return with its items, or None if there is no such return."""
        return self._one(f"{_RETURNS}/{quote(return_id, safe='')}")

    def returns_of(self, order_id: str) -> list[dict[str, Any]]:
        """All returns of the order, with their items."""
        return self._whole_list(_RETURNS, {"OrderID": order_id})

    def _one(self, path: str, calls: int = 1) -> dict[str, Any] | None:
        """One object, or None if there is no such object."""
        try:
            body = self._call("GET", path, calls=calls).body
        except RefusedError as refusal:
            if refusal.status == 404:
                return None
            raise
        return body if isinstance(body, dict) else {}

    def _whole_list(self, path: str, filters: Query | None = None) -> list[dict[str, Any]]:
        name = f"{SYSTEM}'s list"
        return whole_list(lambda: self._reading(path, filters or {}), lambda row: row.get("ID") or repr(row), name)

    def patch_order(self, order_id: str, payload: Mapping[str, Any]) -> None:
        """Partial update. `xp` merges at its first level only, so send whole sub-objects."""
        self._call("PATCH", _order(order_id), json=payload)

    def orders_after(self, last_id: str, filters: Mapping[str, str | Sequence[str]]) -> list[dict[str, Any]]:
        """The next hundred orders after `last_id`, sorted by id and filtered by OrderCloud's grammar, in one call.

        `filters` such as `{"LastUpdated": ">2026-11-01T00:00:00Z"}`; all of several values must hold.
        """
        return self._after("/v1/orders/Incoming", last_id, filters)

    def returns_after(self, last_id: str, filters: Mapping[str, str | Sequence[str]]) -> list[dict[str, Any]]:
        """The same for returns, after the id of a return."""
        return self._after(_RETURNS, last_id, filters)

    def _after(self, path: str, last_id: str, filters: Mapping[str, str | Sequence[str]]) -> list[dict[str, Any]]:
        after = {"ID": f">{last_id}"} if last_id else {}
        query: Query = {"sortBy": "ID", "pageSize": _PAGE_SIZE, **filters, **after}
        return list(self._page(path, query)["Items"] or [])

    def _reading(self, path: str, filters: Query) -> Reading:
        found = list[dict[str, Any]]()
        for page in range(1, _MAX_PAGES + 1):
            body = self._page(path, {"page": page, "pageSize": _PAGE_SIZE, **filters})
            found += body["Items"] or []
            if page >= int((body.get("Meta") or {}).get("TotalPages") or 0):
                return Reading(found, calls=page)
        raise PermanentError("LIST_TOO_LONG", f"{SYSTEM} lists more than {_MAX_PAGES} pages at {path}.")

    def _page(self, path: str, query: Query) -> Mapping[str, Any]:
        """A page of a list. An answer without `Items` shows no rows, but does not prove that there are none."""
        body = self._call("GET", path, params=query).body
        if isinstance(body, Mapping) and "Items" in body:
            return body
        raise RetryableError("LIST_UNREADABLE", f"{SYSTEM} answered GET {path} with no list. Try again.")

    def _call(self, method: str, path: str, *, params: Query | None = None, json: Any = None, calls: int = 1) -> Answer:
        """Make the call with this container's token; try once more with a new one if OrderCloud refuses it.

        `calls`: how many are likely to be made, with this one as the first.
        """
        for _ in range(2):
            if self._token_until is None or self._clock() >= self._token_until - _RENEW_BEFORE:
                self._log_in()
            with self._gate.turn(calls):
                headers = {"Authorization": f"Bearer {self._token}"}
                try:
                    return self._caller.call(Call(method, path, params=params, json=json, headers=headers))
                except RefusedError as refusal:
                    if refusal.status != 401:
                        raise
            self._token_until = None
        raise RetryableError("TOKEN_LOST", f"{SYSTEM} refused a new token.")

    def _log_in(self) -> None:
        """Log in with client credentials (OC-3). A secret that is called wrong is not tried until it changes."""
        access = self._store.read()
        credentials = self._login.credentials()
        if credentials.version in (access.refused_secret_version, access.turned_away_version):
            credentials = self._login.credentials(refresh=True)
        self._require_login_allowed(access, credentials)
        form = {
            "grant_type": "client_credentials",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "scope": self._login.roles,
        }
        now = self._clock()
        try:
            with self._gate.turn():
                body = self._caller.call(Call("POST", "/oauth/token", form=form)).body
        except RefusedError as refusal:
            raise self._refused(refusal, credentials, access) from None
        if access.turned_away_times:
            self._store.let_in()
        self._token = str(body["access_token"])
        self._token_until = now + timedelta(seconds=int(body.get("expires_in") or 600))

    def _require_login_allowed(self, access: Access, credentials: OrdercloudCredentials) -> None:
        if credentials.version == access.refused_secret_version:
            count(Metric.CREDENTIALS_REFUSED)
            raise CredentialsRefusedError(
                "CREDENTIALS_REFUSED", "OrderCloud refused this client id or secret. Correct the secret."
            )
        require_not_turned_away(SYSTEM, access, credentials.version, self._clock())

    def _refused(self, refusal: RefusedError, credentials: OrdercloudCredentials, access: Access) -> BridgeError:
        count(Metric.CREDENTIALS_REFUSED)
        if refusal.refusal not in _WRONG_SECRET:
            return turn_away(self._store, access, credentials.version, refusal, self._clock())
        self._store.refuse(credentials.version)
        return CredentialsRefusedError(
            "CREDENTIALS_REFUSED",
            f"OrderCloud refused the login with status {refusal.status}, code {refusal.refusal}. Correct the secret.",
        )


def _order(order_id: str) -> str:
    return f"/v1/orders/Incoming/{quote(order_id, safe='')}"
