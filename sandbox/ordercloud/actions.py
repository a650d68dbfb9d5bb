"""What moves an order from status to status; nothing else does (OC-31)."""

from typing import Any

from sandbox.ordercloud.errors import invalid, refused
from sandbox.ordercloud.expressions import evaluate
from sandbox.ordercloud.lines import check_stock
from sandbox.ordercloud.orders import BUYING, ONE, Orders
from sandbox.ordercloud.routing import Call, Reply, Route, roles
from sandbox.ordercloud.schema import Document
from sandbox.ordercloud.shipments import Shipments
from sandbox.ordercloud.store import Store
from sandbox.shared.switches import Switches

_SELLING = roles("OrderAdmin")


class Actions:
    """Submit, approve, decline, cancel, complete, ship and calculate."""

    def __init__(self, store: Store, switches: Switches, orders: Orders, shipments: Shipments) -> None:
        self._store = store
        self._switches = switches
        self._orders = orders
        self._shipments = shipments

    def cart_routes(self) -> list[Route]:
        return [
            Route("POST", f"{ONE}/submit", BUYING, self.submit),
            Route("POST", f"{ONE}/validate", BUYING, self.validate),
            Route("POST", f"{ONE}/calculate", BUYING, self.calculate),
            Route("POST", f"{ONE}/estimateshipping", BUYING, self.calculate),
        ]

    def routes(self) -> list[Route]:
        return [
            Route("POST", f"{ONE}/approve", BUYING, self.approve),
            Route("POST", f"{ONE}/decline", BUYING, self.decline),
            Route("POST", f"{ONE}/cancel", BUYING, self.cancel),
            Route("POST", f"{ONE}/complete", _SELLING, self.complete),
            Route("POST", f"{ONE}/ship", _SELLING, self.ship),
        ]

    def submit(self, call: Call) -> Reply:
        """Unsubmitted becomes Open, or AwaitingApproval where a rule of the buyer says so."""
        order = self._orders.of(call)
        self._check_submittable(call, order)
        now = self._store.now()
        if self._needs_approval(order):
            order = {**order, "Status": "AwaitingApproval", "_cart": False}
        else:
            order = {**self._opened(order, now), "_cart": False}
        return Reply(201, self._orders.shown(self._orders.keep(order)))

    def validate(self, call: Call) -> Reply:
        """The checks of a submit, without it."""
        self._check_submittable(call, self._orders.of(call))
        return Reply(204)

    def calculate(self, call: Call) -> Reply:
        """The worksheet; the integration event attached to the API client fills it, not this step."""
        if not self._client(call)["OrderCheckoutIntegrationEventID"]:
            message = "This ApiClient does not have an order calculate event configured."
            raise refused("IntegrationEvent.ApiClientNotConfiguredForOrderCalculate", message)
        return Reply(201, self._orders.worksheet_of(self._orders.of(call)))

    def approve(self, call: Call) -> Reply:
        now = self._store.now()
        order = self._opened(self._awaiting(call), now)
        return Reply(201, self._orders.shown(self._orders.keep({**order, "DateApproved": now})))

    def decline(self, call: Call) -> Reply:
        """Declined; with `AllowResubmit` the buyer may change and submit it again."""
        order = self._awaiting(call)
        again = call.fields.get("AllowResubmit") is True
        status = "Unsubmitted" if again else "Declined"
        declined = {**order, "Status": status, "DateDeclined": self._store.now()}
        return Reply(201, self._orders.shown(self._orders.keep(declined)))

    def cancel(self, call: Call) -> Reply:
        """A submitted order is cancelled by a seller, if at all (OC-44)."""
        order = self._orders.of(call)
        may_undo = self._switches["cancel_open_orders"] == "allowed" and call.caller.has("OrderAdmin")
        if order["Status"] == "Canceled" or (order["Status"] in ("Open", "Completed") and not may_undo):
            message = "Cannot cancel an order with the status of Open or Completed."
            raise refused("Order.CannotCancelInCurrentStatus", message, {"Status": order["Status"]})
        canceled = {**order, "Status": "Canceled", "DateCanceled": self._store.now(), "_cart": False}
        return Reply(201, self._orders.shown(self._orders.keep(canceled)))

    def complete(self, call: Call) -> Reply:
        order = self._orders.of(call)
        if order["Status"] != "Open":
            message = "Cannot complete an order with this status. Order status must be Open."
            raise refused("Order.CannotCompleteBadStatus", message, {"Status": order["Status"]})
        done = {**order, "Status": "Completed", "DateCompleted": self._store.now()}
        return Reply(201, self._orders.shown(self._orders.keep(done)))

    def ship(self, call: Call) -> Reply:
        """One shipment of everything not shipped yet; the order is then Completed."""
        order = self._orders.of(call)
        if order["Status"] != "Open":
            message = "Cannot ship order with this status. Order status must be Open."
            raise refused("Order.CannotShipBadStatus", message, {"Status": order["Status"]})
        return Reply(201, self._orders.shown(self._shipments.ship_rest(order, call.fields)))

    def absorb_calculation(self, order_id: str, response: Document) -> Document:
        """Put what `/ordercalculate` answered on the order; the worksheet after it."""
        order = self._store.get("orders", (), order_id, "Order")
        for line_override in response.get("LineItemOverrides") or []:
            self._override_line(order, line_override)
        amounts = {
            field: response[name]
            for field, name in (
                ("TaxCost", "TaxTotal"),
                ("ShippingCost", "ShippingTotal"),
                ("Fees", "FeeTotal"),
            )
            if response.get(name) is not None
        }
        saved = self._orders.save({**order, **amounts})
        responses = {**saved["_responses"], "OrderCalculateResponse": response}
        return self._orders.worksheet_of(self._orders.keep({**saved, "_responses": responses}, touch=False))

    def absorb_response(self, order_id: str, name: str, response: Document) -> None:
        """Keep what an integration event answered, e.g. as `OrderSubmitResponse`."""
        order = self._store.get("orders", (), order_id, "Order")
        responses = {**order["_responses"], name: response}
        self._orders.keep({**order, "_responses": responses}, touch=False)

    def _check_submittable(self, call: Call, order: Document) -> None:
        lines = self._orders.lines(order)
        if order["Status"] != "Unsubmitted":
            message = "Cannot submit order with this status. Order status must be Unsubmitted."
            raise refused("Order.CannotSubmitBadStatus", message, {"Status": order["Status"]})
        if not lines:
            raise refused("Order.CannotSubmitWithNoLineItems", "Cannot submit an order without any line items.")
        payments = self._store.under("payments", (order["ID"],))
        if not all(payment["Accepted"] for payment in payments):
            message = "Cannot submit an order with payments that have not been Accepted."
            raise refused("Order.CannotSubmitWithUnaccceptedPayments", message)
        has_event = self._client(call)["OrderCheckoutIntegrationEventID"]
        if has_event and not order["_responses"]["OrderCalculateResponse"]:
            message = "Cannot submit an order that has not called the OrderCalculate step."
            raise refused("Order.CannotSubmitUncalculatedOrder", message)
        for line in lines:
            product = self._store.find("products", (), line["ProductID"])
            if product:
                check_stock(self._store, product, line, line["Quantity"])

    def _client(self, call: Call) -> Document:
        return self._store.get("apiclients", (), call.caller.client_id, "ApiClient")

    def _needs_approval(self, order: Document) -> bool:
        rules = self._store.under("approvalrules", (order["FromCompanyID"],))
        return any(evaluate(rule["RuleExpression"], {"order": order}) for rule in rules)

    def _opened(self, order: Document, now: str) -> Document:
        self._take_stock(order, now)
        return {**order, "Status": "Open", "IsSubmitted": True, "DateSubmitted": now}

    def _awaiting(self, call: Call) -> Document:
        order = self._orders.of(call)
        if order["Status"] != "AwaitingApproval":
            message = "Cannot process order with given status. Order status must be AwaitingApproval."
            raise refused("Order.MustBeAwaitingApproval", message, {"Status": order["Status"]})
        return order

    def _take_stock(self, order: Document, now: str) -> None:
        """A record is decremented only if the line names it (OC-74)."""
        for line in self._orders.lines(order):
            product = self._store.find("products", (), line["ProductID"])
            if not product or not product["Inventory"] or not product["Inventory"]["Enabled"]:
                continue
            if line["InventoryRecordID"]:
                parent = (product["ID"],)
                record = self._store.get("inventoryrecords", parent, line["InventoryRecordID"], "InventoryRecord")
                left = record["QuantityAvailable"] - line["Quantity"]
                self._store.put("inventoryrecords", parent, {**record, "QuantityAvailable": left, "LastUpdated": now})
            else:
                left = (product["Inventory"]["QuantityAvailable"] or 0) - line["Quantity"]
                inventory = {**product["Inventory"], "QuantityAvailable": left, "LastUpdated": now}
                self._store.put("products", (), {**product, "Inventory": inventory})

    def _override_line(self, order: Document, override: Any) -> None:
        line_id = override.get("LineItemID") if isinstance(override, dict) else None
        if not line_id:
            raise invalid([("LineItemOverrides", "LineItemID is required.")])
        line = self._store.get("lines", (order["ID"],), line_id, "LineItem")
        price = override.get("UnitPrice")
        if price is not None:
            priced = {
                **line,
                "UnitPrice": price,
                "LineSubtotal": price * line["Quantity"],
                "PriceOverridden": True,
            }
            priced["LineTotal"] = priced["LineSubtotal"] - line["BaseDiscount"] - line["PromotionDiscount"]
            self._store.put("lines", (order["ID"],), priced)
