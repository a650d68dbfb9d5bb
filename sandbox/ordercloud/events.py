"""Integration events: what is asked of a shop's own middleware while the caller waits (OC-72, OC-85)."""

from dataclasses import dataclass, replace

from sandbox.ordercloud.identity import Identity
from sandbox.ordercloud.messages import ENVIRONMENT, Outgoing, action, auth_header
from sandbox.ordercloud.orders import Orders
from sandbox.ordercloud.routing import Call, Reply
from sandbox.ordercloud.schema import Document
from sandbox.ordercloud.store import Store

RETURN_CALCULATION = "ReturnCalculation"
_STEPS = {
    "submit": ("/ordersubmit", "OrderSubmitResponse"),
    "approve": ("/orderapproved", "OrderApprovedResponse"),
    "calculate": ("/ordercalculate", "OrderCalculateResponse"),
    "estimateshipping": ("/shippingrates", "ShipEstimateResponse"),
}
_RETURN_WRITES = (
    ("POST", "v1/orderreturns"),
    ("PUT", "v1/orderreturns/{returnID}"),
    ("PATCH", "v1/orderreturns/{returnID}"),
)


@dataclass(frozen=True)
class Event:
    """One integration event. `name` is the worksheet field for the answer, or `RETURN_CALCULATION`.

    `subject_id` is the order's id, or the return's.
    """

    outgoing: Outgoing
    name: str
    subject_id: str


class IntegrationEvents:
    """The event that a call sets off, if its API client has one."""

    def __init__(self, store: Store, identity: Identity, orders: Orders) -> None:
        self._store = store
        self._identity = identity
        self._orders = orders

    def of(self, call: Call, reply: Reply) -> Event | None:
        """A step of the checkout, or the amounts of a return."""
        if reply.document is None:
            return None
        if (call.route.verb, call.route.template) in _RETURN_WRITES:
            return self._return_calculation(call, reply.document)
        step = _STEPS.get(action(call, "orders") or "")
        config = self._config(call, "OrderCheckoutIntegrationEventID")
        if config is None or step is None:
            return None
        suffix, name = step
        order = self._store.get("orders", (), call.params["orderID"], "Order")
        if order["Status"] == "AwaitingApproval":
            suffix, name = "/ordersubmitforapproval", "OrderSubmitForApprovalResponse"
        return Event(self._outgoing(call, config, suffix, order), name, order["ID"])

    def _return_calculation(self, call: Call, shown: Document) -> Event | None:
        """Not asked where an order admin has given the amounts."""
        config = self._config(call, "OrderReturnIntegrationEventID")
        found = self._store.get("orderreturns", (), shown["ID"], "OrderReturn")
        if config is None or found["_by_hand"] or found["_override"] is not None:
            return None
        order = self._store.get("orders", (), found["OrderID"], "Order")
        outgoing = self._outgoing(call, config, "/calculateorderreturn", order)
        body = {"OrderReturn": shown, **outgoing.document}
        return Event(replace(outgoing, document=body), RETURN_CALCULATION, found["ID"])

    def _config(self, call: Call, field: str) -> Document | None:
        client = self._store.find("apiclients", (), call.caller.client_id) or {}
        return self._store.find("integrationevents", (), client.get(field) or "")

    def _outgoing(self, call: Call, config: Document, suffix: str, order: Document) -> Outgoing:
        body = {
            "OrderWorksheet": self._orders.worksheet_of(order),
            "Environment": ENVIRONMENT,
            "OrderCloudAccessToken": self._identity.elevated(call.caller, config["ElevatedRoles"]),
            "ConfigData": config["ConfigData"],
        }
        url = config["CustomImplementationUrl"].rstrip("/") + suffix
        return Outgoing("checkout", url, body, config["HashKey"], suffix, order["ID"], auth_header(config))
