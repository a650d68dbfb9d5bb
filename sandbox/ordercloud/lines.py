"""Line items: priced by the platform, or by a caller who may override the price."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.ordercloud import models
from sandbox.ordercloud.customers import address_for, one_time_address
from sandbox.ordercloud.errors import insufficient_roles, not_found, refused
from sandbox.ordercloud.orders import BUYING, ONE, READERS, Orders, patched_address
from sandbox.ordercloud.pricing import line_product, line_specs, line_variant, price
from sandbox.ordercloud.queries import ListQuery
from sandbox.ordercloud.routing import Call, Caller, Reply, Route
from sandbox.ordercloud.schema import Document
from sandbox.ordercloud.store import Store
from sandbox.ordercloud.totals import priced_line
from sandbox.shared.switches import Switches


class Lines:
    """The line items of the orders."""

    def __init__(self, store: Store, switches: Switches, orders: Orders) -> None:
        self._store = store
        self._switches = switches
        self._orders = orders

    def cart_routes(self) -> list[Route]:
        one = f"{ONE}/lineitems/{{lineItemID}}"
        return [
            Route("GET", f"{ONE}/lineitems", READERS, self.list_all),
            Route("POST", f"{ONE}/lineitems", BUYING, self.create),
            Route("GET", one, READERS, self.get),
            Route("PUT", one, BUYING, self.replace),
            Route("PATCH", one, BUYING, self.patch),
            Route("DELETE", one, BUYING, self.delete),
            Route("PUT", f"{one}/shipto", BUYING, self.ship_to),
            Route("PATCH", f"{one}/shipto", BUYING, self.patch_ship_to),
        ]

    def routes(self) -> list[Route]:
        return [Route("GET", "v1/lineitems/{direction}", READERS, self.list_across)]

    def list_all(self, call: Call) -> Reply:
        lines = [models.LINE_ITEM.shown(line) for line in self._orders.lines(self._orders.of(call))]
        return Reply(200, ListQuery.read(call.query).answer(models.LINE_ITEM, lines))

    def list_across(self, call: Call) -> Reply:
        """The lines of all orders of a direction, each with its `OrderID`."""
        sees = self._orders.visible(call.caller, call.params["direction"])
        lines = [
            {"OrderID": order["ID"], "Order": None, **models.LINE_ITEM.shown(line)}
            for order in self._store.under("orders", ())
            if sees(order)
            for line in self._orders.lines(order)
        ]
        model = models.LINE_ITEM
        known = type(model)(model.name, {**model.fields, "OrderID": models.ORDER.fields["ID"]})
        return Reply(200, ListQuery.read(call.query).answer(known, lines))

    def create(self, call: Call) -> Reply:
        order = self._alterable(call)
        line = models.LINE_ITEM.create(call.fields)
        line = {**self._priced(call.caller, order, line, line["UnitPrice"]), "DateAdded": self._store.now()}
        added = self._store.add("lines", (order["ID"],), self._addressed(order, line), "LineItem")
        return self._saved(order, added, 201)

    def get(self, call: Call) -> Reply:
        return Reply(200, models.LINE_ITEM.shown(self._line(call, self._orders.of(call))))

    def replace(self, call: Call) -> Reply:
        order = self._orders.editable(call)
        before = self._store.find("lines", (order["ID"],), call.params["lineItemID"])
        if before is None:
            call.body = {**call.fields, "ID": call.params["lineItemID"]}
            return self.create(call)
        fresh = models.LINE_ITEM.create({**call.fields, "ID": before["ID"]})
        kept = ("DateAdded", "QuantityShipped", "BaseDiscount", "PromotionDiscount")
        fresh = {**fresh, **{name: before[name] for name in kept}}
        return self._changed(call, order, before, fresh, fresh["UnitPrice"])

    def patch(self, call: Call) -> Reply:
        order = self._orders.editable(call)
        before = self._line(call, order)
        after = models.LINE_ITEM.patch(before, call.fields, nested_xp=self._switches["xp_merge"] == "nested")
        if not set(call.fields) & {"Quantity", "UnitPrice", "Specs", "ProductID"}:
            stored = self._store.put("lines", (order["ID"],), self._addressed(order, after))
            return self._saved(order, stored, 200)
        kept_price = before["UnitPrice"] if before["PriceOverridden"] else None
        return self._changed(call, order, before, after, call.fields.get("UnitPrice", kept_price))

    def delete(self, call: Call) -> Reply:
        order = self._alterable(call)
        self._store.delete("lines", (order["ID"],), call.params["lineItemID"], "LineItem")
        self._recalculate(order)
        return Reply(204)

    def ship_to(self, call: Call) -> Reply:
        return self._ship(call, lambda _line: one_time_address(call.fields))

    def patch_ship_to(self, call: Call) -> Reply:
        return self._ship(call, lambda line: patched_address("ShippingAddress", line["ShippingAddress"], call.fields))

    def _line(self, call: Call, order: Document) -> Document:
        return self._store.get("lines", (order["ID"],), call.params["lineItemID"], "LineItem")

    def _ship(self, call: Call, address_of: Callable[[Document], Document]) -> Reply:
        order = self._orders.editable(call)
        line = self._line(call, order)
        shipped = {**line, "ShippingAddress": address_of(line), "ShippingAddressID": None}
        return self._saved(order, self._store.put("lines", (order["ID"],), shipped), 200)

    def _changed(self, call: Call, order: Document, before: Document, after: Document, unit_price: Any) -> Reply:
        if after["ProductID"] != before["ProductID"]:
            raise refused("LineItem.CannotChangeProductID", "Cannot change the Product ID of an existing Line Item.")
        priced = self._priced(call.caller, order, after, unit_price)
        return self._saved(order, self._store.put("lines", (order["ID"],), self._addressed(order, priced)), 200)

    def _saved(self, order: Document, line: Document, status: int) -> Reply:
        """Recalculate the order's total; it has a shipping address id only while all lines share one."""
        ids = {each["ShippingAddressID"] for each in self._orders.lines(order)}
        shared = ids.pop() if len(ids) == 1 else None
        self._recalculate({**order, "ShippingAddressID": shared})
        return Reply(status, models.LINE_ITEM.shown(self._store.get("lines", (order["ID"],), line["ID"], "LineItem")))

    def _recalculate(self, order: Document) -> None:
        self._orders.save(order, touch=self._switches["line_touches_order"] == "yes")

    def _alterable(self, call: Call) -> Document:
        """The order, if the caller may add and delete its lines (OC-43)."""
        order = self._orders.editable(call)
        if order["Status"] != "Unsubmitted" and self._switches["lines_after_submit"] == "patch_only":
            message = "Line items can only be changed once the order is submitted."
            raise refused("LineItem.CannotAddOrDeleteBadStatus", message, {"Status": order["Status"]})
        return order

    def _priced(self, caller: Caller, order: Document, line: Document, unit_price: Any) -> Document:
        """The line with product, specs, variant and price; `unit_price` overrides the price schedule."""
        product = self._store.get("products", (), line["ProductID"], "Product")
        if not product["Active"]:
            raise not_found("Product", line["ProductID"])
        quantity = line["Quantity"]
        if quantity < 1:
            raise refused("LineItem.QuantityMustBePositive", "Line Item's Quantity must be greater than 0.")
        specs = line_specs(self._store, product, line["Specs"])
        found = price(self._store, order["FromCompanyID"], product, quantity, specs)
        overridden = unit_price is not None and (found is None or Decimal(unit_price) != found.unit_price)
        if overridden and not caller.has("OverrideUnitPrice"):
            raise insufficient_roles(["OverrideUnitPrice"], sorted(caller.roles))
        if found is None and not overridden:
            message = "You cannot add this Product to this Order. Price Schedule assigment is missing."
            raise refused("PriceSchedule.MissingOrConflicting", message)
        check_stock(self._store, product, line, quantity)
        final_price = Decimal(unit_price) if overridden else found.unit_price if found else None
        subtotal = Decimal(unit_price) * quantity if overridden else found.subtotal if found else None
        return priced_line(
            {
                **line,
                "Product": line_product(product),
                "Specs": specs,
                "Variant": line_variant(self._store, product, specs),
                "SupplierID": product["DefaultSupplierID"],
                "UnitPrice": final_price,
                "LineSubtotal": subtotal,
                "PriceScheduleID": found.schedule_id if found else None,
                "IsOnSale": bool(found and found.on_sale and not overridden),
                "PriceOverridden": overridden,
            }
        )

    def _addressed(self, order: Document, line: Document) -> Document:
        """The line with the address its id names, or that of the order."""
        wanted = line["ShippingAddressID"]
        if wanted is None and line["ShippingAddress"] is None and order["_ship_to"]:
            address = order["_ship_to"]
            return {**line, "ShippingAddress": address, "ShippingAddressID": address["ID"]}
        if wanted and (line["ShippingAddress"] or {}).get("ID") != wanted:
            address = address_for(self._store, order["FromCompanyID"], order["FromUserID"], wanted)
            return {**line, "ShippingAddress": address}
        return line


def check_stock(store: Store, product: Document, line: Document, quantity: int) -> None:
    """400 `Inventory.Insufficient` where stock is tracked, may not be exceeded and does not suffice."""
    stock = product["Inventory"]
    if not stock or not stock["Enabled"] or stock["OrderCanExceed"]:
        return
    available = stock["QuantityAvailable"]
    if line["InventoryRecordID"]:
        record = store.get("inventoryrecords", (product["ID"],), line["InventoryRecordID"], "InventoryRecord")
        available = record["QuantityAvailable"]
        if record["OrderCanExceed"]:
            return
    elif records := store.under("inventoryrecords", (product["ID"],)):
        available = sum(each["QuantityAvailable"] for each in records)
    if (available or 0) < quantity:
        data = {
            "ProductID": product["ID"],
            "QuantityAvailable": available or 0,
            "QuantityRequested": quantity,
        }
        raise refused("Inventory.Insufficient", "Insufficient inventory for this product.", data)
