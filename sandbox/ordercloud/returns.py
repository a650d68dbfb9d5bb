"""Order returns: goods or money that go back (OC-49 to OC-51)."""

from decimal import Decimal
from typing import Any

from sandbox.ordercloud import models
from sandbox.ordercloud.errors import invalid, not_found, refused
from sandbox.ordercloud.orders import BUYING, READERS, Orders
from sandbox.ordercloud.queries import ListQuery
from sandbox.ordercloud.routing import Call, Caller, Reply, Route, roles
from sandbox.ordercloud.schema import Document
from sandbox.ordercloud.store import Store
from sandbox.ordercloud.totals import ZERO, rounded
from sandbox.shared.switches import Switches

_ONE = "v1/orderreturns/{returnID}"
_SELLING = roles("OrderAdmin")


class Returns:
    """Created against an Open or Completed order, submitted, perhaps approved, completed when refunded."""

    def __init__(self, store: Store, switches: Switches, orders: Orders) -> None:
        self._store = store
        self._switches = switches
        self._orders = orders

    def routes(self) -> list[Route]:
        return [
            Route("GET", "v1/orderreturns", READERS, self.list_all),
            Route("POST", "v1/orderreturns", BUYING, self.create),
            Route("GET", _ONE, READERS, self.get),
            Route("PUT", _ONE, BUYING, self.replace),
            Route("PATCH", _ONE, BUYING, self.patch),
            Route("DELETE", _ONE, BUYING, self.delete),
            Route("POST", f"{_ONE}/submit", BUYING, self.submit),
            Route("POST", f"{_ONE}/approve", _SELLING, self.approve),
            Route("POST", f"{_ONE}/decline", _SELLING, self.decline),
            Route("POST", f"{_ONE}/complete", _SELLING, self.complete),
            Route("POST", f"{_ONE}/cancel", BUYING, self.cancel),
        ]

    def list_all(self, call: Call) -> Reply:
        listed = (self._store.as_listed("orderreturns", (), each) for each in self._store.under("orderreturns", ()))
        found = [models.ORDER_RETURN.shown(each) for each in listed if each and self._sees(call.caller, each)]
        return Reply(200, ListQuery.read(call.query).answer(models.ORDER_RETURN, found))

    def create(self, call: Call) -> Reply:
        wanted = models.ORDER_RETURN.create(call.fields)
        if self._store.find("orders", (), wanted["OrderID"]) is None or not self._sees(call.caller, wanted):
            raise not_found("Order", wanted["OrderID"])
        complete = {**self._checked(wanted), "DateCreated": self._store.now()}
        complete["PaymentIDs"] = complete["PaymentIDs"] or []
        added = self._store.add("orderreturns", (), complete, "OrderReturn")
        return self._answered(self._kept(added), 201)

    def get(self, call: Call) -> Reply:
        return Reply(200, models.ORDER_RETURN.shown(self._of(call)))

    def replace(self, call: Call) -> Reply:
        own_id = call.params["returnID"]
        before = self._store.find("orderreturns", (), own_id)
        if before is None:
            call.body = {**call.fields, "ID": own_id}
            return self.create(call)
        fresh = models.ORDER_RETURN.create({**call.fields, "ID": own_id})
        kept = {name: before[name] for name, field in models.ORDER_RETURN.fields.items() if field.read_only}
        return self._answered(self._kept(self._checked({**fresh, **kept})), 200)

    def patch(self, call: Call) -> Reply:
        nested = self._switches["xp_merge"] == "nested"
        after = models.ORDER_RETURN.patch(self._of(call), call.fields, nested_xp=nested)
        checked = self._checked(after) if set(call.fields) - {"xp", "Comments"} else after
        return self._answered(self._kept(checked), 200)

    def delete(self, call: Call) -> Reply:
        self._of(call)
        self._store.delete("orderreturns", (), call.params["returnID"], "OrderReturn")
        return Reply(204)

    def submit(self, call: Call) -> Reply:
        """Unsubmitted becomes Open or AwaitingApproval; an amount left open is worked out from the items."""
        found = self._in_status(call, "Unsubmitted", "submit")
        if found["RefundAmount"] is None:
            found = {**found, "RefundAmount": self._worked_out(found)}
        if self._switches["returns_need_approval"] == "yes":
            return self._moved(found, "AwaitingApproval", "DateSubmitted")
        return self._moved(found, "Open", "DateSubmitted")

    def approve(self, call: Call) -> Reply:
        return self._moved(self._in_status(call, "AwaitingApproval", "approve"), "Open", "DateApproved")

    def decline(self, call: Call) -> Reply:
        return self._moved(self._in_status(call, "AwaitingApproval", "decline"), "Declined", "DateDeclined")

    def complete(self, call: Call) -> Reply:
        """The customer has been refunded."""
        return self._moved(self._in_status(call, "Open", "complete"), "Completed", "DateCompleted")

    def cancel(self, call: Call) -> Reply:
        found = self._of(call)
        if found["Status"] in ("Completed", "Canceled"):
            raise _bad_status("cancel", found)
        return self._moved(found, "Canceled", "DateCanceled")

    def _of(self, call: Call) -> Document:
        found = self._store.find("orderreturns", (), call.params["returnID"])
        if found is None or not self._sees(call.caller, found):
            raise not_found("OrderReturn", call.params["returnID"])
        return found

    def _sees(self, caller: Caller, order_return: Document) -> bool:
        order = self._store.find("orders", (), order_return["OrderID"])
        return order is not None and self._orders.visible(caller, "All")(order)

    def _in_status(self, call: Call, status: str, action: str) -> Document:
        found = self._of(call)
        if found["Status"] != status:
            raise _bad_status(action, found)
        return found

    def _checked(self, wanted: Document) -> Document:
        """400 unless the order is Open or Completed and the items and the amount are within what it holds."""
        order = self._store.get("orders", (), wanted["OrderID"], "Order")
        if order["Status"] not in ("Open", "Completed"):
            message = "Order status must be Open or Completed."
            raise refused("OrderReturn.OrderMustBeOpenOrCompleted", message, {"Status": order["Status"]})
        items = [self._item(order, each, wanted) for each in wanted["ItemsToReturn"]]
        amount = wanted["RefundAmount"]
        refunded: Decimal = sum((each["RefundAmount"] or ZERO for each in self._others(wanted)), ZERO)
        if amount is not None and not ZERO <= amount <= order["Total"] - refunded:
            message = "The refund amount cannot exceed what is left of the order's total."
            raise refused("OrderReturn.RefundAmountExceedsTotal", message)
        return {**wanted, "ItemsToReturn": items}

    def _item(self, order: Document, item: Any, wanted: Document) -> Document:
        if not isinstance(item, dict) or not item.get("LineItemID"):
            raise invalid([("ItemsToReturn", "LineItemID is required.")])
        line = self._store.get("lines", (order["ID"],), item["LineItemID"], "LineItem")
        before = sum(
            each["Quantity"]
            for other in self._others(wanted)
            for each in other["ItemsToReturn"]
            if each["LineItemID"] == line["ID"]
        )
        quantity = item.get("Quantity") or 0
        if quantity < 0 or before + quantity > line["Quantity"]:
            raise refused("OrderReturn.QuantityExceeded", "The quantity returned cannot exceed the quantity ordered.")
        amount = item.get("RefundAmount")
        return {
            "LineItemID": line["ID"],
            "Quantity": quantity,
            "RefundAmount": Decimal(amount) if amount is not None else None,
            "Comments": item.get("Comments"),
        }

    def _others(self, wanted: Document) -> list[Document]:
        """The other returns of the same order that count."""
        return [
            each
            for each in self._store.under("orderreturns", ())
            if each["OrderID"] == wanted["OrderID"]
            and each["ID"] != wanted["ID"]
            and each["Status"] not in ("Canceled", "Declined")
        ]

    def _worked_out(self, order_return: Document) -> Decimal:
        """The items' own amounts, or their share of the line totals."""
        amount = ZERO
        for item in order_return["ItemsToReturn"]:
            line = self._store.get("lines", (order_return["OrderID"],), item["LineItemID"], "LineItem")
            share = rounded(line["LineTotal"] * item["Quantity"] / line["Quantity"])
            amount += share if item["RefundAmount"] is None else item["RefundAmount"]
        return amount

    def _moved(self, found: Document, status: str, dated: str) -> Reply:
        return self._answered(self._kept({**found, "Status": status, dated: self._store.now()}), 201)

    def _kept(self, order_return: Document) -> Document:
        return self._store.put("orderreturns", (), {**order_return, "LastUpdated": self._store.now()})

    def _answered(self, order_return: Document, status: int) -> Reply:
        if self._switches["return_touches_order"] == "yes":
            self._orders.keep(self._store.get("orders", (), order_return["OrderID"], "Order"))
        return Reply(status, models.ORDER_RETURN.shown(order_return))


def _bad_status(action: str, found: Document) -> Exception:
    code = f"OrderReturn.Cannot{action.capitalize()}BadStatus"
    return refused(code, f"Cannot {action} an order return with this status.", {"Status": found["Status"]})
