"""Order returns: goods or money that go back (OC-49 to OC-51, OC-81 to OC-84)."""

from typing import Any

from sandbox.ordercloud import models
from sandbox.ordercloud.errors import not_found, refused
from sandbox.ordercloud.orders import BUYING, READERS, Orders
from sandbox.ordercloud.queries import ListQuery
from sandbox.ordercloud.refunds import Refunds
from sandbox.ordercloud.return_items import ReturnItems, with_amount, without_amounts
from sandbox.ordercloud.routing import Call, Caller, Reply, Route, roles
from sandbox.ordercloud.schema import Document, Field, Model
from sandbox.ordercloud.store import Store
from sandbox.shared.switches import Switches

_ONE = "v1/orderreturns/{returnID}"
_SELLING = roles("OrderAdmin")
_APPROVAL = Model(
    "OrderReturnApproval", {"Status": Field("text"), "DateCreated": Field("date"), "DateCompleted": Field("date")}
)
_UNSEEN = {"_override": None, "_calculated": None, "_by_hand": False, "_waiting_since": None}


class Returns:
    """Created against an Open or Completed order, submitted, perhaps approved, completed when refunded."""

    def __init__(self, store: Store, switches: Switches, orders: Orders, refunds: Refunds) -> None:
        self._store = store
        self._switches = switches
        self._orders = orders
        self._refunds = refunds
        self._items = ReturnItems(store)

    def routes(self) -> list[Route]:
        return [
            Route("GET", "v1/orderreturns", READERS, self.list_all),
            Route("POST", "v1/orderreturns", BUYING, self.create),
            Route("GET", _ONE, READERS, self.get),
            Route("PUT", _ONE, BUYING, self.replace),
            Route("PATCH", _ONE, BUYING, self.patch),
            Route("DELETE", _ONE, BUYING, self.delete),
            Route("DELETE", f"{_ONE}/items/{{lineItemID}}", BUYING, self.delete_item),
            Route("GET", f"{_ONE}/approvals", READERS, self.list_approvals),
            Route("POST", f"{_ONE}/submit", BUYING, self.submit),
            Route("POST", f"{_ONE}/approve", _SELLING, self.approve),
            Route("POST", f"{_ONE}/decline", _SELLING, self.decline),
            Route("POST", f"{_ONE}/complete", _SELLING, self.complete),
            Route("POST", f"{_ONE}/cancel", BUYING, self.cancel),
        ]

    def list_all(self, call: Call) -> Reply:
        listed = (self._store.as_listed("orderreturns", (), each) for each in self._store.under("orderreturns", ()))
        found = [self._refunds.shown(each) for each in listed if each and self._sees(call.caller, each)]
        return Reply(200, ListQuery.read(call.query).answer(models.ORDER_RETURN, found))

    def create(self, call: Call) -> Reply:
        wanted = models.ORDER_RETURN.create(call.fields)
        if self._store.find("orders", (), wanted["OrderID"]) is None or not self._sees(call.caller, wanted):
            raise not_found("Order", wanted["OrderID"])
        fresh = {**wanted, "DateCreated": self._store.now(), **_UNSEEN}
        checked = self._items.checked(call.caller, _written(call.caller, fresh, fresh, call.fields))
        return self._answered(self._kept(self._store.add("orderreturns", (), checked, "OrderReturn")), 201)

    def get(self, call: Call) -> Reply:
        return Reply(200, self._refunds.shown(self._of(call)))

    def replace(self, call: Call) -> Reply:
        own_id = call.params["returnID"]
        before = self._store.find("orderreturns", (), own_id)
        call.body = {**call.fields, "ID": own_id}
        if before is None:
            return self.create(call)
        fresh = models.ORDER_RETURN.create(call.fields)
        kept = {name: value for name, value in before.items() if name not in fresh or _is_fixed(name)}
        whole = {"RefundAmount": None, "ItemsToReturn": [], **call.fields}
        return self._changed(call.caller, {**fresh, **kept}, before, whole)

    def patch(self, call: Call) -> Reply:
        before = self._of(call)
        after = models.ORDER_RETURN.patch(before, call.fields, nested_xp=self._switches["xp_merge"] == "nested")
        if not set(call.fields) - {"xp", "Comments"}:
            return self._answered(self._kept(after), 200)
        return self._changed(call.caller, after, before, call.fields)

    def delete(self, call: Call) -> Reply:
        found = self._of(call)
        _check_may_undo(call.caller, found)
        self._store.delete("orderreturns", (), found["ID"], "OrderReturn")
        return Reply(204)

    def delete_item(self, call: Call) -> Reply:
        found, line_id = self._of(call), call.params["lineItemID"]
        left = [each for each in found["ItemsToReturn"] if each["LineItemID"] != line_id]
        if len(left) == len(found["ItemsToReturn"]):
            raise not_found("OrderReturnItem", line_id)
        self._answered(self._kept(with_amount({**found, "ItemsToReturn": left})), 200)
        return Reply(204)

    def list_approvals(self, call: Call) -> Reply:
        """What had to be approved; not by whom, because groups of approvers are not imitated."""
        found = self._of(call)
        decided = found["DateApproved"] or found["DateDeclined"]
        status = "Pending" if decided is None else "Approved" if found["DateApproved"] else "Declined"
        approval = {"Status": status, "DateCreated": found["_waiting_since"], "DateCompleted": decided}
        approvals = [approval] if found["_waiting_since"] else []
        return Reply(200, ListQuery.read(call.query).answer(_APPROVAL, approvals))

    def submit(self, call: Call) -> Reply:
        """Unsubmitted becomes Open, or AwaitingApproval, which leaves it without a submit date (OC-84)."""
        found = self._of(call)
        if found["Status"] != "Unsubmitted":
            message = "Cannot submit an order return with this status. OrderReturn status must be Unsubmitted."
            raise refused("OrderReturn.CannotSubmitBadStatus", message, {"Status": found["Status"]})
        if self._switches["returns_need_approval"] == "yes":
            return self._moved({**found, "_waiting_since": self._store.now()}, "AwaitingApproval")
        return self._moved(found, "Open", "DateSubmitted")

    def approve(self, call: Call) -> Reply:
        return self._moved(self._awaiting(call), "Open", "DateApproved", "DateSubmitted")

    def decline(self, call: Call) -> Reply:
        return self._moved(self._awaiting(call), "Declined", "DateDeclined")

    def complete(self, call: Call) -> Reply:
        """The customer has been refunded; payments that add up do the same without this call."""
        found = self._of(call)
        if found["Status"] != "Open":
            message = "Cannot complete an order return with this status. OrderReturn status must be Open."
            raise refused("OrderReturn.CannotCompleteBadStatus", message, {"Status": found["Status"]})
        if found["RefundAmount"] is None or found["RefundAmount"] < 0:
            message = "Cannot complete an order return with a null or negative refund amount."
            raise refused("OrderReturn.CannotCompleteInvalidAmount", message)
        return self._moved(found, "Completed", "DateCompleted")

    def cancel(self, call: Call) -> Reply:
        found = self._of(call)
        if found["Status"] == "Unsubmitted":
            message = "Cannot cancel an unsubmitted OrderReturn, please delete instead."
            raise refused("OrderReturn.CannotCancelUnsubmitted", message)
        _check_may_undo(call.caller, found)
        if found["Status"] == "Canceled":
            return self._answered(found, 201)
        return self._moved(found, "Canceled", "DateCanceled")

    def absorb_calculation(self, return_id: str, response: Document) -> Document:
        """Put what `/calculateorderreturn` answered on the return; the return after it."""
        found = self._store.get("orderreturns", (), return_id, "OrderReturn")
        amounts = {each["LineItemID"]: each.get("RefundAmount") for each in response.get("ItemsToReturnCalcs") or []}
        items = [{**each, "RefundAmount": amounts.get(each["LineItemID"])} for each in found["ItemsToReturn"]]
        after = with_amount({**found, "ItemsToReturn": items, "_calculated": response.get("RefundAmount")})
        return self._refunds.shown(self._kept(after))

    def _of(self, call: Call) -> Document:
        found = self._store.find("orderreturns", (), call.params["returnID"])
        if found is None or not self._sees(call.caller, found):
            raise not_found("OrderReturn", call.params["returnID"])
        return found

    def _sees(self, caller: Caller, order_return: Document) -> bool:
        order = self._store.find("orders", (), order_return["OrderID"])
        return order is not None and self._orders.visible(caller, "All")(order)

    def _awaiting(self, call: Call) -> Document:
        found = self._of(call)
        if found["Status"] != "AwaitingApproval":
            message = "You are not eligible to approve or decline this order return."
            raise refused("OrderReturn.NotEligibleToApproveOrDecline", message, {"Status": found["Status"]})
        return found

    def _changed(self, caller: Caller, after: Document, before: Document, fields: Document) -> Reply:
        checked = self._items.checked(caller, _written(caller, after, before, fields))
        return self._answered(self._kept(checked), 200)

    def _moved(self, found: Document, status: str, *dated: str) -> Reply:
        dates = dict.fromkeys(dated, self._store.now())
        return self._answered(self._kept({**found, "Status": status, **dates}), 201)

    def _kept(self, order_return: Document) -> Document:
        return self._store.put("orderreturns", (), {**order_return, "LastUpdated": self._store.now()})

    def _answered(self, order_return: Document, status: int) -> Reply:
        if self._switches["return_touches_order"] == "yes":
            self._orders.keep(self._store.get("orders", (), order_return["OrderID"], "Order"))
        return Reply(status, self._refunds.shown(order_return))


def _written(caller: Caller, after: Document, before: Document, fields: dict[str, Any]) -> Document:
    """The return with the amounts of this write: only an order admin gives any, and null takes his own back."""
    is_admin = caller.has("OrderAdmin")
    if is_admin and "RefundAmount" in fields:
        after = {**after, "_override": after["RefundAmount"]}
    if "ItemsToReturn" not in fields:
        return {**after, "ItemsToReturn": before["ItemsToReturn"]}
    items = after["ItemsToReturn"] or []
    is_given = any(isinstance(each, dict) and each.get("RefundAmount") is not None for each in items)
    after = {**after, "_by_hand": is_admin and is_given, "_calculated": None}
    return after if is_admin else {**after, "ItemsToReturn": without_amounts(items)}


def _is_fixed(name: str) -> bool:
    return name == "OrderID" or models.ORDER_RETURN.fields[name].read_only


def _check_may_undo(caller: Caller, found: Document) -> None:
    if found["Status"] == "Completed" and not caller.has("OrderAdmin"):
        message = "Only OrderAdmins are authorized to delete or cancel completed OrderReturns."
        raise refused("OrderReturn.NotAuthorizedToDelete", message)
