"""What OrderCloud sends, in four formats, read just far enough to know which order it concerns.

Webhook (`Route` and `Verb`), delivery message (`Headers.type` and `Payload`), message sender
(`MessageType` and `EventBody`), integration event (`OrderWorksheet`): OC-52 to OC-72.
Names are read in any letter case, because senders differ (OC-53). Nothing else in the body is kept: it contains
people's data and, in `UserToken`, a live credential.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..front_door import Hint, Recognition

ACCEPTED = {"proceed": True, "Succeeded": True, "xp": {}}
"""What a pre-hook and an integration event need to let the shopper go on (OC-65, OC-72); a post-hook ignores it."""

_WRITES_AFTER_SUBMIT = ("v1/orders/", "v1/orderreturns/")
_CART_SUBMIT = "v1/cart/submit"
_SHIPMENT_ITEMS = "v1/shipments/{shipmentid}/items"
_ORDER_ITSELF = "v1/orders/{direction}/{orderid}"
_LINES = f"{_ORDER_ITSELF}/lineitems"  # only the seller changes those of a submitted order (OC-43)
_ORDER_SYNC = "messages.ordersync.updated"
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_ORDER_MESSAGES = ("OrderSubmitted", "OrderApproved", "OrderDeclined", "OrderReturn", "ShipmentCreated")


def recognise(body: Mapping[str, Any]) -> Recognition:
    """Classify a body. Unknown formats and routes are recognised as such; they are never an error."""
    fields = _folded(body)
    headers = _folded(fields.get("headers"))
    if isinstance(fields.get("route"), str) and "verb" in fields:
        return Recognition("own_report") if _is_own_report(fields) else _recognition("webhook", _webhook, fields)
    if isinstance(headers.get("type"), str) and isinstance(fields.get("payload"), Mapping):
        return _recognition("delivery", _delivery, fields)
    if "messagetype" in fields and isinstance(fields.get("eventbody"), Mapping):
        return _recognition("message_sender", _message, fields)
    if isinstance(fields.get("orderworksheet"), Mapping):
        return _recognition("integration_event", _integration_event, fields)
    return Recognition("unknown")


class _UnreadableIdError(Exception):
    """An event concerns an order, and does not say which one in a form that can be read."""


def _recognition(
    shape: str, read: Callable[[Mapping[str, Any]], Hint | None], fields: Mapping[str, Any]
) -> Recognition:
    try:
        return Recognition(shape, read(fields))
    except _UnreadableIdError:
        return Recognition(shape, is_unreadable=True)


def _is_own_report(fields: Mapping[str, Any]) -> bool:
    """Whether this is our own write of `xp.KashFlow` coming back to us (OC-63)."""
    written = _folded(_folded(fields.get("request")).get("body"))
    is_order = str(fields["route"]).strip("/").lower() == _ORDER_ITSELF
    return is_order and set(written) == {"xp"} and set(_folded(written["xp"])) == {"kashflow"}


def _webhook(fields: Mapping[str, Any]) -> Hint | None:
    route, verb = str(fields["route"]).strip("/"), str(fields["verb"]).upper()
    if not route.lower().startswith(_WRITES_AFTER_SUBMIT) and route.lower() not in (_CART_SUBMIT, _SHIPMENT_ITEMS):
        return None
    answer = _folded(_folded(fields.get("response")).get("body"))
    params = _folded(fields.get("routeparams"))
    is_buyers_line = route.lower().startswith(_LINES) and str(params.get("direction")).lower() == "outgoing"
    if is_buyers_line or (route.lower() == _ORDER_ITSELF and answer.get("issubmitted") is False):
        return None  # an edited cart; submitting it will be a separate event
    is_named_inside = route.lower().startswith(("v1/orderreturns/", _SHIPMENT_ITEMS))
    order_id = answer.get("orderid") if is_named_inside else params.get("orderid") or answer.get("id")
    if order_id is None and (is_named_inside or route.lower() == _CART_SUBMIT):
        return None  # only the answer could name the order, and it has not been given yet
    hint = f"{verb} {route}"
    if fields.get("logid"):
        return _hint(order_id, hint, f"{fields['logid']}|{hint}")
    return _hint(order_id, hint, fields, mark=fields.get("date"))


def _delivery(message: Mapping[str, Any]) -> Hint | None:
    kind = str(_folded(message["headers"])["type"])
    if not kind.lower().endswith(_ORDER_SYNC):
        return None
    fields = _folded(message["payload"])
    identity = {name: fields.get(name) for name in ("id", "lastupdated", "status", "total")}
    return _hint(fields.get("id"), kind, identity, mark=fields.get("lastupdated"))


def _message(fields: Mapping[str, Any]) -> Hint | None:
    """A message comes once for each recipient, with the same identity for all of them.

    A return has a mark of its own, because it may change without its order (OC-50).
    """
    kind = str(fields["messagetype"])
    if not kind.startswith(_ORDER_MESSAGES):
        return None
    event = _folded(fields["eventbody"])
    order, returned, shipment = (_folded(event.get(name)) for name in ("order", "orderreturn", "shipment"))
    order_id = order.get("id") or returned.get("orderid")
    mark = (returned or order).get("lastupdated")
    identity = {"kind": kind, "id": order_id, "at": mark, "return": returned.get("id"), "shipment": shipment.get("id")}
    return _hint(order_id, kind, identity, mark=mark)


def _integration_event(fields: Mapping[str, Any]) -> Hint | None:
    order = _folded(_folded(fields["orderworksheet"]).get("order"))
    if not order.get("issubmitted"):
        return None
    mark = order.get("lastupdated")
    return _hint(order.get("id"), "integration event", {"id": order.get("id"), "at": mark}, mark=mark)


def _hint(order_id: Any, what: str, identity: object, *, mark: Any = True) -> Hint:
    """The hint, with a digest of the event's identity; with none where the event bears no mark of its time.

    Without such a mark a later event may look the same as an earlier one, and must not be taken for its repeat.
    """
    if not isinstance(order_id, str) or not _ID.fullmatch(order_id):
        raise _UnreadableIdError
    if not mark:
        return Hint(order_id, what, "")
    text = identity if isinstance(identity, str) else json.dumps(identity, sort_keys=True, default=str)
    return Hint(order_id, what, hashlib.sha256(text.encode()).hexdigest()[:32])


def _folded(value: Any) -> dict[str, Any]:
    """An object with its names in lower case; anything else is empty."""
    return {str(name).lower(): item for name, item in value.items()} if isinstance(value, Mapping) else {}
