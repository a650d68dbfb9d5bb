"""What OrderCloud pushes, in its four shapes, read just far enough to know which order to look at.

Webhook (`Route` and `Verb`), delivery message (`Headers.type` and `Payload`), message sender
(`MessageType` and `EventBody`), integration event (`OrderWorksheet`): `sitecore-api.md` 2.5 to 2.8 and 9.
Names are read in any letter case, because senders differ in it (2.8). Nothing else of the body is kept:
it holds people's data and, in `UserToken`, a live credential.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_WRITES_AFTER_SUBMIT = ("v1/orders/", "v1/orderreturns/")
_CART_SUBMIT = "v1/cart/submit"
_ORDER_ITSELF = "v1/orders/{direction}/{orderid}"
_ORDER_SYNC = "messages.ordersync.updated"
_ORDER_MESSAGES = ("OrderSubmitted", "OrderApproved", "OrderDeclined", "OrderReturn", "ShipmentCreated")


@dataclass(frozen=True)
class OrderHint:
    """An event that concerns an order: which one, what was said, and a mark that a repetition shares."""

    order_id: str
    hint: str
    hint_id: str


@dataclass(frozen=True)
class Recognised:
    """What a body is. `order` is None for what concerns no order."""

    shape: str
    order: OrderHint | None = None


def recognise(body: Mapping[str, Any]) -> Recognised:
    """Classify a pushed body. Unknown shapes and routes are recognised as such, never an error."""
    told = _folded(body)
    if isinstance(told.get("route"), str) and "verb" in told:
        return Recognised("own_report") if _is_own_report(told) else Recognised("webhook", _webhook(told))
    headers = _folded(told.get("headers"))
    if isinstance(headers.get("type"), str) and isinstance(told.get("payload"), Mapping):
        return Recognised("delivery", _delivery(headers["type"], told["payload"]))
    if "messagetype" in told and isinstance(told.get("eventbody"), Mapping):
        return Recognised("message_sender", _message(told))
    if isinstance(told.get("orderworksheet"), Mapping):
        return Recognised("integration_event", _integration_event(told))
    return Recognised("unknown")


def _is_own_report(told: Mapping[str, Any]) -> bool:
    """Whether a write of `xp.KashFlow`, and of nothing else, comes back to us (`sitecore-api.md` 10, row 7)."""
    written = _folded(_folded(told.get("request")).get("body"))
    is_order = str(told["route"]).strip("/").lower() == _ORDER_ITSELF
    return is_order and set(written) == {"xp"} and set(_folded(written["xp"])) == {"kashflow"}


def _webhook(told: Mapping[str, Any]) -> OrderHint | None:
    route, verb = str(told["route"]).strip("/"), str(told["verb"]).upper()
    if not route.lower().startswith(_WRITES_AFTER_SUBMIT) and route.lower() != _CART_SUBMIT:
        return None
    answer = _folded(_folded(told.get("response")).get("body"))
    params = _folded(told.get("routeparams"))
    if route.lower() == _ORDER_ITSELF and answer.get("issubmitted") is False:
        return None  # an edited cart; its submission will be an event of its own
    if route.lower().startswith("v1/orderreturns/"):
        order_id = answer.get("orderid")
    else:
        order_id = params.get("orderid") or answer.get("id")
    hint = f"{verb} {route}"
    return _hint(order_id, hint, f"{told.get('logid')}|{hint}" if told.get("logid") else told)


def _delivery(kind: str, payload: Mapping[str, Any]) -> OrderHint | None:
    if not kind.lower().endswith(_ORDER_SYNC):
        return None
    fields = _folded(payload)
    return _hint(fields.get("id"), kind, {name: fields.get(name) for name in ("id", "lastupdated", "status", "total")})


def _message(told: Mapping[str, Any]) -> OrderHint | None:
    """One message comes once for each recipient; what it is about is the same for all of them."""
    kind = str(told["messagetype"])
    if not kind.startswith(_ORDER_MESSAGES):
        return None
    event = _folded(told["eventbody"])
    order, returned, shipment = (_folded(event.get(name)) for name in ("order", "orderreturn", "shipment"))
    order_id = order.get("id") or returned.get("orderid")
    mark = {"kind": kind, "id": order_id, "at": order.get("lastupdated")}
    return _hint(order_id, kind, mark | {"return": returned.get("id"), "shipment": shipment.get("id")})


def _integration_event(told: Mapping[str, Any]) -> OrderHint | None:
    order = _folded(_folded(told["orderworksheet"]).get("order"))
    if not order.get("issubmitted"):
        return None
    return _hint(order.get("id"), "integration event", {"id": order.get("id"), "at": order.get("lastupdated")})


def _hint(order_id: Any, hint: str, mark: object) -> OrderHint | None:
    if not isinstance(order_id, str) or not order_id:
        return None
    text = mark if isinstance(mark, str) else json.dumps(mark, sort_keys=True, default=str)
    return OrderHint(order_id, hint, hashlib.sha256(text.encode()).hexdigest()[:32])


def _folded(value: Any) -> dict[str, Any]:
    """An object with its names in lower case; anything else is empty."""
    return {str(name).lower(): item for name, item in value.items()} if isinstance(value, Mapping) else {}
