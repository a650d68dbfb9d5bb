"""Shipments: what has left the house, and the orders that are complete because of it."""

from collections.abc import Callable

from sandbox.ordercloud import models
from sandbox.ordercloud.crud import Collection, Crud
from sandbox.ordercloud.errors import refused
from sandbox.ordercloud.identity import SELLER_ID
from sandbox.ordercloud.orders import ONE, READERS, Orders
from sandbox.ordercloud.queries import ListQuery
from sandbox.ordercloud.routing import Call, Reply, Route, roles
from sandbox.ordercloud.schema import Document, Field, Model, text
from sandbox.ordercloud.store import Store

SHIPMENT_ITEM = Model(
    "ShipmentItem",
    {
        "OrderID": text(100, required=True),
        "LineItemID": text(100, required=True),
        "QuantityShipped": Field("whole", required=True),
        "UnitPrice": Field("money", read_only=True),
        "CostCenter": text(100),
        "DateNeeded": Field("date", read_only=True),
        "Product": Field("json", read_only=True),
        "Variant": Field("json", read_only=True),
        "Specs": Field("list", read_only=True),
        "xp": Field("json"),
    },
)


class Shipments:
    """Shipments and their items."""

    def __init__(self, store: Store, orders: Orders, nested_xp: Callable[[], bool]) -> None:
        self._store = store
        self._orders = orders
        self._nested_xp = nested_xp

    def routes(self) -> list[Route]:
        readers, writers = roles("ShipmentReader"), roles("ShipmentAdmin")
        collection = Collection(
            "shipments", models.SHIPMENT, "v1/shipments", "shipmentID", readers, writers, prepare=_owned
        )
        return [
            *Crud(self._store, collection, self._nested_xp).routes(),
            Route("GET", "v1/shipments/{shipmentID}/items", readers | writers, self.list_items),
            Route("POST", "v1/shipments/{shipmentID}/items", writers, self.add_item),
            Route("GET", f"{ONE}/shipments", READERS | readers, self.list_of_order),
        ]

    def list_items(self, call: Call) -> Reply:
        shipment = self._store.get("shipments", (), call.params["shipmentID"], "Shipment")
        items = self._store.under("shipmentitems", (shipment["ID"],))
        return Reply(
            200,
            ListQuery.read(call.query).answer(SHIPMENT_ITEM, [SHIPMENT_ITEM.shown(each) for each in items]),
        )

    def add_item(self, call: Call) -> Reply:
        shipment = self._store.get("shipments", (), call.params["shipmentID"], "Shipment")
        item = SHIPMENT_ITEM.create(call.fields)
        order = self._store.get("orders", (), item["OrderID"], "Order")
        if order["Status"] != "Open":
            message = "Cannot ship order with this status. Order status must be Open."
            raise refused("Order.CannotShipBadStatus", message, {"Status": order["Status"]})
        stored = self._ship_line(shipment, order, item["LineItemID"], item)
        self._complete_if_all_shipped(order)
        return Reply(201, SHIPMENT_ITEM.shown(stored))

    def list_of_order(self, call: Call) -> Reply:
        order = self._orders.of(call)
        shipped = {
            parent[0] for parent, item in self._store.everywhere("shipmentitems") if item["OrderID"] == order["ID"]
        }
        found = [models.SHIPMENT.shown(each) for each in self._store.under("shipments", ()) if each["ID"] in shipped]
        return Reply(200, ListQuery.read(call.query).answer(models.SHIPMENT, found))

    def ship_rest(self, order: Document, body: Document) -> Document:
        """Everything of an order that is not shipped yet, as one shipment; the order after it."""
        shipment = models.SHIPMENT.create(body)
        shipment = {**shipment, "BuyerID": order["FromCompanyID"], "OwnerID": SELLER_ID}
        shipment["DateShipped"] = shipment["DateShipped"] or self._store.now()
        stored = self._store.add("shipments", (), shipment, "Shipment")
        for line in self._orders.lines(order):
            left = line["Quantity"] - line["QuantityShipped"]
            if left > 0:
                self._ship_line(stored, order, line["ID"], {"QuantityShipped": left})
        return self._complete_if_all_shipped(order)

    def _ship_line(self, shipment: Document, order: Document, line_id: str, item: Document) -> Document:
        line = self._store.get("lines", (order["ID"],), line_id, "LineItem")
        quantity = item["QuantityShipped"]
        if quantity < 1 or line["QuantityShipped"] + quantity > line["Quantity"]:
            message = "The quantity shipped cannot exceed the requested ammount on the order."
            raise refused("ShipmentItem.QuantityExceeded", message)
        self._store.put("lines", (order["ID"],), {**line, "QuantityShipped": line["QuantityShipped"] + quantity})
        shown = {name: line[name] for name in ("UnitPrice", "CostCenter", "DateNeeded", "Product", "Variant", "Specs")}
        complete = {"xp": None, **item, **shown, "OrderID": order["ID"], "LineItemID": line_id}
        return self._store.put("shipmentitems", (shipment["ID"],), {**complete, "ID": f"{order['ID']}|{line_id}"})

    def _complete_if_all_shipped(self, order: Document) -> Document:
        lines = self._orders.lines(order)
        if any(line["QuantityShipped"] < line["Quantity"] for line in lines):
            return self._orders.keep(order)
        return self._orders.keep({**order, "Status": "Completed", "DateCompleted": self._store.now()})


def _owned(_call: Call, shipment: Document, _before: Document | None) -> Document:
    return {**shipment, "OwnerID": shipment["OwnerID"] or SELLER_ID}
