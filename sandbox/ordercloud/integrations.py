"""Notifications: webhooks, integration events, message senders, delivery and sync configurations."""

from collections.abc import Callable
from typing import Any

from sandbox.ordercloud import configs
from sandbox.ordercloud.crud import Collection, Crud
from sandbox.ordercloud.errors import invalid, not_found, refused
from sandbox.ordercloud.queries import ListQuery
from sandbox.ordercloud.routing import Call, Reply, Route, roles
from sandbox.ordercloud.schema import Document, Field, Model, text
from sandbox.ordercloud.store import Store

WRITE_VERBS = ("POST", "PUT", "PATCH", "DELETE")
ORDER_SYNC = "v1/integrations/OrderSync"
PRODUCT_SYNC = "v1/integrations/productsync"
USER_SYNC = "v1/integrations/entitysync/buyers/users"
BUYER_SYNC = "v1/integrations/entitysync/buyers"
INVENTORY_SYNC = "v1/integrations/entitysync/products/inventoryrecords"
_SYNCS = {
    ORDER_SYNC: (configs.ORDER_SYNC, roles("OrderSyncConfigAdmin")),
    PRODUCT_SYNC: (configs.PRODUCT_SYNC, roles("ProductSyncConfigAdmin")),
    USER_SYNC: (configs.ENTITY_SYNC, roles("EntitySyncConfigAdmin")),
    BUYER_SYNC: (configs.ENTITY_SYNC, roles("EntitySyncConfigAdmin")),
    INVENTORY_SYNC: (configs.ENTITY_SYNC, roles("EntitySyncConfigAdmin")),
}
SENDER_ASSIGNMENT = Model(
    "MessageSenderAssignment",
    {
        "MessageSenderID": text(100, required=True),
        "BuyerID": text(100),
        "UserGroupID": text(100),
        "MessageConfigName": Field("text", read_only=True),
    },
)


class Integrations:
    """The configurations, as resources."""

    def __init__(self, store: Store, nested_xp: Callable[[], bool]) -> None:
        self._store = store
        self._nested_xp = nested_xp

    def routes(self) -> list[Route]:
        collections = [
            Collection(
                "webhooks", configs.WEBHOOK, "v1/webhooks", "webhookID",
                roles("WebhookReader"), roles("WebhookAdmin"), prepare=self._webhook,
            ),
            Collection(
                "integrationevents", configs.INTEGRATION_EVENT, "v1/integrationEvents", "integrationEventID",
                roles("IntegrationEventReader"), roles("IntegrationEventAdmin"),
            ),
            Collection(
                "messagesenders", configs.MESSAGE_SENDER, "v1/messagesenders", "messageSenderID",
                roles("MessageSenderReader"), roles("MessageSenderAdmin"), prepare=self._message_sender,
            ),
            Collection(
                "deliveryconfigs", configs.DELIVERY_CONFIG, "v1/integrations/deliveryconfig",
                "deliveryConfigID", roles("DeliveryConfigReader"), roles("DeliveryConfigAdmin"),
                prepare=_delivery_config,
            ),
            Collection(
                "apiclients", configs.API_CLIENT, "v1/apiclients", "apiClientID",
                roles("ApiClientReader"), roles("ApiClientAdmin"), prepare=self._api_client,
            ),
        ]  # fmt: skip
        plain = [route for each in collections for route in Crud(self._store, each, self._nested_xp).routes()]
        syncs = [route for path in _SYNCS for route in self._sync_routes(path)]
        senders = roles("MessageSenderAdmin")
        return [
            *plain,
            *syncs,
            Route("GET", "v1/messagesenders/assignments", senders, self.list_senders),
            Route("POST", "v1/messagesenders/assignments", senders, self.assign_sender),
        ]

    def list_senders(self, call: Call) -> Reply:
        assigned = [SENDER_ASSIGNMENT.shown(each) for _, each in self._store.everywhere("senderassignments")]
        return Reply(200, ListQuery.read(call.query).answer(SENDER_ASSIGNMENT, assigned))

    def assign_sender(self, call: Call) -> Reply:
        wanted = SENDER_ASSIGNMENT.create(call.fields)
        self._store.get("messagesenders", (), wanted["MessageSenderID"], "MessageSender")
        if wanted["BuyerID"]:
            self._store.get("buyers", (), wanted["BuyerID"], "Buyer")
        own_id = f"{wanted['MessageSenderID']}|{wanted['BuyerID'] or ''}"
        self._store.put("senderassignments", (), {**wanted, "ID": own_id})
        return Reply(204)

    def _sync_routes(self, path: str) -> list[Route]:
        model, admins = _SYNCS[path]

        def get(_call: Call) -> Reply:
            return Reply(200, model.shown(self._sync(path)))

        def put(call: Call) -> Reply:
            return self._put_sync(path, model, model.create(call.fields))

        def patch(call: Call) -> Reply:
            return self._put_sync(path, model, model.patch(self._sync(path), call.fields, nested_xp=False))

        def delete(_call: Call) -> Reply:
            self._store.delete("syncs", (), path, model.name)
            return Reply(204)

        return [
            Route("GET", path, admins, get),
            Route("PUT", path, admins, put),
            Route("PATCH", path, admins, patch),
            Route("DELETE", path, admins, delete),
        ]

    def _sync(self, path: str) -> Document:
        return self._store.get("syncs", (), path, _SYNCS[path][0].name)

    def _put_sync(self, path: str, model: Model, config: Document) -> Reply:
        self._store.get("deliveryconfigs", (), config["DeliveryConfigID"], "DeliveryConfig")
        return Reply(200, model.shown(self._store.put("syncs", (), {**config, "ID": path})))

    def _webhook(self, _call: Call, webhook: Document, _before: Document | None) -> Document:
        problems = []
        if not webhook["Url"] and not webhook["DeliveryConfigID"]:
            problems.append(("Url", "Url is required unless a DeliveryConfigID is given."))
        if not all(_is_route(each) for each in webhook["WebhookRoutes"]):
            message = f"Each needs a Route and a Verb of {', '.join(WRITE_VERBS)}."
            problems.append(("WebhookRoutes", message))
        if problems:
            raise invalid(problems)
        for client_id in webhook["ApiClientIDs"]:
            self._store.get("apiclients", (), client_id, "ApiClient")
        if webhook["DeliveryConfigID"]:
            self._store.get("deliveryconfigs", (), webhook["DeliveryConfigID"], "DeliveryConfig")
        return webhook

    def _message_sender(self, _call: Call, sender: Document, _before: Document | None) -> Document:
        unknown = [each for each in sender["MessageTypes"] if each not in configs.MESSAGE_TYPES]
        if unknown:
            raise invalid([("MessageTypes", f"There are no message types {', '.join(map(str, unknown))}.")])
        if sender["DeliveryConfigID"]:
            self._store.get("deliveryconfigs", (), sender["DeliveryConfigID"], "DeliveryConfig")
        return sender

    def _api_client(self, _call: Call, client: Document, _before: Document | None) -> Document:
        for kind in ("OrderCheckout", "OrderReturn"):
            event_id = client[f"{kind}IntegrationEventID"]
            event = self._store.find("integrationevents", (), event_id or "")
            if event_id and event is None:
                raise not_found("IntegrationEvent", event_id)
            if event and event["EventType"] != kind:
                message = "The referenced IntegrationEvent must have the correct EventType."
                raise refused("IntegrationEvent.IncompatibleEventType", message)
        return client


def _is_route(entry: Any) -> bool:
    return isinstance(entry, dict) and bool(entry.get("Route")) and entry.get("Verb") in WRITE_VERBS


def _delivery_config(_call: Call, config: Document, _before: Document | None) -> Document:
    http = config["DeliveryTargets"].get("Http")
    if http is not None and not (isinstance(http, dict) and http.get("Endpoint") and http.get("Secret")):
        raise invalid([("DeliveryTargets", "Http needs an Endpoint and a Secret.")])
    if http and len(http["Secret"]) > 50:
        raise invalid([("DeliveryTargets", "Http.Secret must be 50 characters or less.")])
    return config
