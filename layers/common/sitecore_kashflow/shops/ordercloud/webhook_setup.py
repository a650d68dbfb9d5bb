"""The webhook in OrderCloud that tells the bridge: how it must be, and how it is put there (OC-58, OC-62, OC-79)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ...calls.http import Call, Caller
from ...errors import PermanentError, RefusedError

_ORDER = "v1/orders/{direction}/{orderID}"
ROUTES = (
    ("POST", f"{_ORDER}/submit"),
    ("POST", "v1/cart/submit"),
    ("POST", f"{_ORDER}/approve"),
    ("POST", f"{_ORDER}/decline"),
    ("POST", f"{_ORDER}/cancel"),
    ("POST", f"{_ORDER}/complete"),
    ("POST", f"{_ORDER}/ship"),
    ("POST", "v1/shipments/{shipmentID}/items"),
    ("PATCH", _ORDER),
    ("PUT", f"{_ORDER}/lineitems/{{lineItemID}}"),
    ("PATCH", f"{_ORDER}/lineitems/{{lineItemID}}"),
    ("DELETE", f"{_ORDER}/lineitems/{{lineItemID}}"),
    ("POST", f"{_ORDER}/payments"),
    ("PATCH", f"{_ORDER}/payments/{{paymentID}}"),
    ("POST", f"{_ORDER}/payments/{{paymentID}}/transactions"),
    ("PATCH", "v1/orderreturns/{returnID}"),
    ("POST", "v1/orderreturns/{returnID}/submit"),
    ("POST", "v1/orderreturns/{returnID}/approve"),
    ("POST", "v1/orderreturns/{returnID}/complete"),
    ("POST", "v1/orderreturns/{returnID}/cancel"),
)
"""What the bridge must hear of, as verb and route: whatever may change what the books should hold.

A line is added by the route that also fills every cart; the sweep finds a submitted order that has one more.
"""

_SCOPE = "WebhookAdmin"


def wanted_webhook(name: str, url: str, hash_key: str, clients: Sequence[str]) -> dict[str, Any]:
    """The fields that matter to the bridge; all others are left as they are."""
    return {
        "Name": name,
        "Url": url,
        "HashKey": hash_key,
        "BeforeProcessRequest": False,
        "ApiClientIDs": sorted(clients),
        "WebhookRoutes": [{"Verb": verb, "Route": route} for verb, route in ROUTES],
    }


def differing(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The wanted fields that are not so yet. The order of clients and routes does not matter."""
    return {field: value for field, value in wanted.items() if _plain(found.get(field)) != _plain(value)}


def _plain(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return sorted((one["Verb"], one["Route"]) if isinstance(one, dict) else one for one in value)


@dataclass(frozen=True)
class WebhookSetup:
    """Works as an API client that may set webhooks up, which the bridge's own may not."""

    caller: Caller
    client_id: str
    client_secret: str

    def find(self, webhook_id: str) -> dict[str, Any] | None:
        """The webhook, or None."""
        try:
            body: dict[str, Any] = self._call("GET", webhook_id)
        except RefusedError as refusal:
            if refusal.status == 404:
                return None
            raise
        return body

    def create(self, webhook_id: str, fields: Mapping[str, Any]) -> None:
        """Put it there whole; doing so again does no harm."""
        self._call("PUT", webhook_id, fields)

    def update(self, webhook_id: str, fields: Mapping[str, Any]) -> None:
        """Change these fields alone."""
        self._call("PATCH", webhook_id, fields)

    def _call(self, method: str, webhook_id: str, fields: Mapping[str, Any] | None = None) -> Any:
        path = f"/v1/webhooks/{quote(webhook_id, safe='')}"
        return self.caller.call(Call(method, path, json=fields, headers=self._headers())).body

    def _headers(self) -> dict[str, str]:
        form = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret}
        try:
            body = self.caller.call(Call("POST", "/oauth/token", form=form | {"scope": _SCOPE})).body
        except RefusedError as refusal:
            raise PermanentError(
                "SETUP_REFUSED",
                f"OrderCloud refused the login of the API client for the set-up ({refusal.refusal}). It needs the role "
                f"{_SCOPE}, and its id and secret in ORDERCLOUD_SETUP_ID and ORDERCLOUD_SETUP_SECRET.",
            ) from None
        return {"Authorization": f"Bearer {body['access_token']}"}
