"""What the platform sends: webhooks, sync and notification messages."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from sandbox.ordercloud import models
from sandbox.ordercloud.identity import Identity
from sandbox.ordercloud.integrations import BUYER_SYNC, INVENTORY_SYNC, ORDER_SYNC, PRODUCT_SYNC, USER_SYNC
from sandbox.ordercloud.orders import Orders
from sandbox.ordercloud.pricing import product_specs
from sandbox.ordercloud.refunds import Refunds
from sandbox.ordercloud.routing import Call, Reply
from sandbox.ordercloud.schema import Document
from sandbox.ordercloud.store import Change, Store
from sandbox.shared.switches import Switches

ENVIRONMENT = "Sandbox"
_SYNC_TYPE = "sitecore.ordercloud.messages"
_USER_SYNC_FIELDS = (
    "ID", "CompanyID", "Username", "FirstName", "LastName", "Email", "Phone", "TermsAccepted", "Active",
    "AvailableRoles", "DateCreated", "PasswordLastSetDate", "xp",
)  # fmt: skip
_RECORD_SYNC_FIELDS = ("ID", "OwnerID", "AddressID", "OrderCanExceed", "QuantityAvailable", "xp")
_ORDER_MESSAGES = {"approve": "OrderApproved", "decline": "OrderDeclined", "ship": "ShipmentCreated"}
_RETURN_MESSAGES = {
    "approve": "OrderReturnApproved",
    "decline": "OrderReturnDeclined",
    "complete": "OrderReturnCompleted",
}
_PAID_OUT = ("/payments", "/payments/{paymentID}")


@dataclass(frozen=True)
class Outgoing:
    """One body for one address. `key` signs it; `label` and `order_id` identify it to people."""

    channel: str
    url: str
    document: Document
    key: str | None
    label: str
    order_id: str | None
    headers: Mapping[str, str] = field(default_factory=dict)


class _News(NamedTuple):
    """What a message sender tells: the type, the order it is about, and the return if it is about one."""

    kind: str
    order: Document
    order_return: Document | None = None


class Messages:
    """Builds everything that goes out because of a call."""

    def __init__(self, store: Store, switches: Switches, identity: Identity, orders: Orders) -> None:
        self._store = store
        self._switches = switches
        self._identity = identity
        self._orders = orders
        self._refunds = Refunds(store)

    def pre_hooks(self, call: Call) -> list[Outgoing]:
        """The webhooks that are asked before the call is processed."""
        return [self._webhook(call, each, {}) for each in self._subscribed(call, before=True)]

    def after(self, call: Call, reply: Reply, changes: list[Change]) -> list[Outgoing]:
        """Everything announced once a write has been processed."""
        if not call.route.is_write or self._is_silent(call):
            return []
        hooks = [self._webhook(call, each, reply.document) for each in self._subscribed(call, before=False)]
        told = [each for news in self._news(call, reply, changes) for each in self._notifications(call, news)]
        return [*hooks, *self._syncs(call, changes), *told]

    def _is_silent(self, call: Call) -> bool:
        patches_order = call.route.verb == "PATCH" and call.route.template in (
            "v1/orders/{direction}/{orderID}",
            "v1/cart",
        )
        only_xp = patches_order and isinstance(call.body, dict) and set(call.body) <= {"xp"}
        return only_xp and self._switches["xp_patch_fires"] == "no"

    def _subscribed(self, call: Call, *, before: bool) -> Iterable[Document]:
        """Webhooks of this route and verb that list the caller's API client."""
        wanted = (call.route.verb, _bare(call.route.template))
        for webhook in self._store.under("webhooks", ()):
            if (
                webhook["BeforeProcessRequest"] is before
                and call.caller.client_id in webhook["ApiClientIDs"]
                and any(wanted == (each["Verb"], _bare(each["Route"])) for each in webhook["WebhookRoutes"])
            ):
                yield webhook

    def _webhook(self, call: Call, webhook: Document, response: Document | None) -> Outgoing:
        headers = {"Headers": None} if self._switches["webhook_headers"] == "null" else {}
        query = {"QueryParams": _query_params(call.query)} if self._switches["query_params"] == "present" else {}
        body = {
            "Route": call.route.template,
            "RouteParams": call.route_params,
            **query,
            "Verb": call.route.verb,
            "Date": _seven_digits(call.at),
            "LogID": call.log_id,
            "UserToken": self._identity.elevated(call.caller, webhook["ElevatedRoles"]),
            "Request": {"Body": _without_password(call.body), **headers},
            "Response": {"Body": response, **headers},
            "ConfigData": webhook["ConfigData"],
        }
        url, key, auth = webhook["Url"], webhook["HashKey"], auth_header(webhook)
        if webhook["DeliveryConfigID"]:
            url, key, auth = self._http_target(webhook["DeliveryConfigID"]) or (None, None, {})
        label = f"{call.route.verb} {call.route.template}"
        return Outgoing("webhook", url or "", body, key, label, self._order_id(call, response), auth)

    def _order_id(self, call: Call, response: Document | None) -> str | None:
        if "orderID" in call.params:
            return call.params["orderID"]
        if call.route.template == "v1/orders/{direction}" and response:
            return str(response["ID"])
        return str(response["OrderID"]) if response and "OrderID" in response else None

    def _syncs(self, call: Call, changes: list[Change]) -> list[Outgoing]:
        makers = {
            "orders": (ORDER_SYNC, self._order_sync),
            "users": (USER_SYNC, self._user_sync),
            "buyers": (BUYER_SYNC, self._buyer_sync),
            "products": (PRODUCT_SYNC, self._product_sync),
            "inventoryrecords": (INVENTORY_SYNC, self._inventory_sync),
        }
        outgoing = []
        for change in changes:
            path, maker = makers.get(change.table, (None, None))
            config = self._store.find("syncs", (), path) if path else None
            if maker is None or config is None or not _wants(config, change):
                continue
            target = self._http_target(config["DeliveryConfigID"])
            message = maker(change)
            if target is None or message is None:
                continue
            kind, payload = message
            context = {"UserContext": {"ID": call.caller.user_id, "AnonymousId": None}}
            body = {"Headers": {"type": f"{_SYNC_TYPE}.{kind}"}, "Payload": {**context, **payload}}
            order_id = change.own_id if change.table == "orders" else None
            outgoing.append(Outgoing("sync", target[0], body, target[1], kind, order_id, target[2]))
        return outgoing

    def _order_sync(self, change: Change) -> tuple[str, Document] | None:
        order = self._store.find("orders", (), change.own_id)
        if order is None or not (order["IsSubmitted"] or self._switches["sync_unsubmitted"] == "yes"):
            return None
        payload = self._orders.shown(order)
        if self._switches["sync_status"] == "number":
            payload["Status"] = models.ORDER_STATUSES.index(order["Status"]) + 1
        return "ordersync.updated", payload

    def _user_sync(self, change: Change) -> tuple[str, Document]:
        user = self._store.find("users", change.parent, change.own_id)
        if user is None:
            return "entitysync.buyeruser.deleted", {"ID": change.own_id}
        fields = {name: user[name] for name in _USER_SYNC_FIELDS}
        return "entitysync.buyeruser.updated", {**fields, "UserType": 0, "Locale": None}

    def _buyer_sync(self, change: Change) -> tuple[str, Document]:
        buyer = self._store.find("buyers", (), change.own_id)
        if buyer is None:
            return "entitysync.buyer.deleted", {"ID": change.own_id}
        return "entitysync.buyer.updated", models.BUYER.shown(buyer)

    def _product_sync(self, change: Change) -> tuple[str, Document]:
        product = self._store.find("products", (), change.own_id)
        if product is None:
            return "product.deleted", {"ProductID": change.own_id}
        shown = models.PRODUCT.shown(product)
        del shown["ID"]
        schedule = self._store.find("priceschedules", (), product["DefaultPriceScheduleID"] or "")
        specs = [models.SPEC.shown(each) for each in product_specs(self._store, product["ID"])]
        return "product.updated", {
            "ProductID": product["ID"],
            **shown,
            "DefaultPriceSchedule": models.PRICE_SCHEDULE.shown(schedule) if schedule else None,
            "Catalogs": [],
            "Buyers": [],
            "Categories": [],
            "Specs": specs,
        }

    def _inventory_sync(self, change: Change) -> tuple[str, Document]:
        product_id = change.parent[0]
        record = self._store.find("inventoryrecords", change.parent, change.own_id)
        if record is None:
            return "entitysync.inventoryrecord.deleted", {"ID": change.own_id, "ProductID": product_id}
        shown = {name: record[name] for name in _RECORD_SYNC_FIELDS}
        payload = {"ID": record["ID"], "ProductID": product_id, "InventoryRecords": [{**shown, "Zip": None}]}
        return "entitysync.inventoryrecord.updated", payload

    def _news(self, call: Call, reply: Reply, changes: list[Change]) -> Iterator[_News]:
        """What a call means to people; a return that its payments complete is news without a call of its own."""
        if (step := action(call, "orderreturns")) and reply.document:
            kind = _submitted("OrderReturn", reply.document) if step == "submit" else _RETURN_MESSAGES.get(step)
            if kind:
                yield self._about_return(kind, reply.document)
            return
        if step := action(call, "orders"):
            order = self._store.get("orders", (), call.params["orderID"], "Order")
            kind = _submitted("Order", order) if step == "submit" else _ORDER_MESSAGES.get(step)
            if kind:
                yield _News(kind, order)
        if call.route.template.endswith(_PAID_OUT) and self._switches["return_completion_message"] == "sent":
            for change in changes:
                if change.table == "orderreturns":
                    found = self._store.get("orderreturns", (), change.own_id, "OrderReturn")
                    yield self._about_return("OrderReturnCompleted", self._refunds.shown(found))

    def _about_return(self, kind: str, shown: Document) -> _News:
        return _News(kind, self._store.get("orders", (), shown["OrderID"], "Order"), shown)

    def _notifications(self, call: Call, news: _News) -> list[Outgoing]:
        """Message senders: one request per recipient, so the same news may come several times."""
        order = news.order
        user = self._store.find("users", (order["FromCompanyID"],), order["FromUserID"])
        if user is None or not user["Active"]:
            return []
        body = {
            "OcLogIdHeader": call.log_id,
            "Environment": ENVIRONMENT,
            "BuyerID": order["FromCompanyID"],
            "UserToken": call.caller.token,
            "Recipient": models.USER.shown(user),
            "CCList": [],
            "MessageType": news.kind,
            "EventBody": self._event_body(news),
        }
        copies = int(self._switches["message_copies"])
        return [
            Outgoing("message", url, {**body, "ConfigData": sender["xp"]}, key, news.kind, order["ID"])
            for sender in self._senders(news.kind, order["FromCompanyID"])
            for url, key in [self._sender_address(sender, news.kind)]
            if url
            for _ in range(copies)
        ]

    def _event_body(self, news: _News) -> Document:
        lines = self._orders.lines(news.order)
        body: Document = {
            "Order": self._orders.shown(news.order),
            "Approvals": [],
            "LineItems": [models.LINE_ITEM.shown(line) for line in lines],
            "Products": [line["Product"] for line in lines],
        }
        if news.order_return:
            body["OrderReturn"] = news.order_return
        if news.kind == "ShipmentCreated":
            body["ShipmentItems"] = [
                {"OrderID": news.order["ID"], "LineItemID": line["ID"], "QuantityShipped": line["QuantityShipped"]}
                for line in lines
            ]
        return body

    def _senders(self, message_type: str, buyer_id: str) -> list[Document]:
        assigned = {
            each["MessageSenderID"]
            for _, each in self._store.everywhere("senderassignments")
            if each["BuyerID"] in (buyer_id, None)
        }
        return [
            sender
            for sender in self._store.under("messagesenders", ())
            if message_type in sender["MessageTypes"] and (sender["AllowAllBuyers"] or sender["ID"] in assigned)
        ]

    def _sender_address(self, sender: Document, message_type: str) -> tuple[str | None, str | None]:
        """Address and key: the sender's own, or those of its delivery configuration."""
        if not sender["DeliveryConfigID"]:
            return (sender["URL"] or "").replace("{messagetype}", message_type), sender["SharedKey"]
        config = self._store.get("deliveryconfigs", (), sender["DeliveryConfigID"], "DeliveryConfig")
        target = config["DeliveryTargets"].get("MessageSender") or {}
        return (target.get("Endpoint"), target.get("Secret")) if config["Enabled"] else (None, None)

    def _http_target(self, config_id: str) -> tuple[str, str, dict[str, str]] | None:
        config = self._store.get("deliveryconfigs", (), config_id, "DeliveryConfig")
        http = config["DeliveryTargets"].get("Http")
        if not config["Enabled"] or not http:
            return None
        return http["Endpoint"], http["Secret"], auth_header(http)


def _submitted(what: str, document: Document) -> str:
    waits = document["Status"] == "AwaitingApproval"
    return f"{what}SubmittedForApproval" if waits else f"{what}Submitted"


def _wants(config: Document, change: Change) -> bool:
    """Paused configurations send no changes; deletes are never paused (OC-76)."""
    if change.deleted:
        return bool(config.get("SyncEntityDeleted") or config.get("SyncProductDeleted"))
    if config.get("Paused"):
        return False
    return bool(config.get("SyncEntityChanged", config.get("SyncProductChanged", True)))


def action(call: Call, root: str) -> str | None:
    """`submit` for a POST to `v1/orders/{direction}/{orderID}/submit` or `v1/cart/submit`."""
    return _last_word(call.route.template, root) if call.route.verb == "POST" else None


@lru_cache(maxsize=1024)
def _last_word(template: str, root: str) -> str | None:
    shapes = {
        "orders": r"v1/(?:orders/\{direction\}/\{orderID\}|cart)/(\w+)",
        "orderreturns": r"v1/orderreturns/\{returnID\}/(\w+)",
    }
    found = re.fullmatch(shapes[root], template)
    return found.group(1) if found else None


@lru_cache(maxsize=1024)
def _bare(template: str) -> str:
    """A route template without case, slashes at its ends and names of parameters."""
    return re.sub(r"\{\w+\}", "{}", template).strip("/").lower()


def auth_header(config: Document) -> dict[str, str]:
    name = config.get("CustomAuthHeaderName")
    return {name: config.get("CustomAuthHeaderValue") or ""} if name else {}


def _query_params(raw: str) -> Document:
    return dict(parse_qsl(raw, keep_blank_values=True))


def _without_password(body: Any) -> Any:
    if isinstance(body, dict) and "Password" in body:
        return {**body, "Password": "[redacted]"}
    return body


def _seven_digits(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0+00:00"
