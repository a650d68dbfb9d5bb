"""What a return may hold, and what it comes to (OC-82, OC-83)."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sandbox.ordercloud.errors import invalid, refused
from sandbox.ordercloud.routing import Caller
from sandbox.ordercloud.schema import Document
from sandbox.ordercloud.store import Store
from sandbox.ordercloud.totals import ZERO


class ReturnItems:
    """Checks the items of a return against its order. A stored return also has:

    `_override`, the amount that an order admin gave; `_calculated`, the one that an integration event answered;
    `_by_hand`, whether an order admin gave the amounts of the items; `_waiting_since`, when it came to be approved.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def checked(self, caller: Caller, wanted: Document) -> Document:
        """400 unless the order is Open or Completed and what goes back is within what it holds."""
        order = self._store.get("orders", (), wanted["OrderID"], "Order")
        if order["Status"] not in ("Open", "Completed"):
            message = (
                "Cannot create an OrderReturn for an order with this status. Order status must be Open or Complete."
            )
            raise refused("OrderReturn.CannotCreateBadOrderStatus", message, {"Status": order["Status"]})
        items = [_item(each) for each in wanted["ItemsToReturn"] or []]
        if any(times > 1 for times in Counter(each["LineItemID"] for each in items).values()):
            message = "LineItemID must be unique across ItemsToReturn."
            raise refused("OrderReturn.CannotCreateDuplicateItemToReturn", message)
        for item in items:
            self._check_item(caller, order, item, wanted)
        amounts = (wanted["_override"], *(each["RefundAmount"] for each in items))
        if any(amount is not None and amount < 0 for amount in amounts):
            raise refused("OrderReturn.RefundAmountMustNotBeNegative", "RefundAmount must not be negative.")
        return with_amount({**wanted, "ItemsToReturn": items})

    def _check_item(self, caller: Caller, order: Document, item: Document, wanted: Document) -> None:
        """As long as an order is Open, only what was shipped can go back."""
        line = self._store.get("lines", (order["ID"],), item["LineItemID"], "LineItem")
        product = self._store.find("products", (), line["ProductID"]) or {}
        if not product.get("Returnable") and not caller.has("OrderAdmin"):
            raise refused("OrderReturn.ProductNotEligibleToReturn", "Product is not eligible to return.")
        eligible = line["QuantityShipped"] if order["Status"] == "Open" else line["Quantity"]
        if self._returned_before(wanted, line["ID"]) + (item["Quantity"] or 0) > eligible:
            message = "The quantity requested exceeds the quantity eligible to return."
            raise refused("OrderReturn.ItemQuantityExceeded", message, {"LineItemID": line["ID"]})

    def _returned_before(self, wanted: Document, line_id: str) -> int:
        """By the other returns of the same order that count."""
        return sum(
            item["Quantity"] or 0
            for other in self._store.under("orderreturns", ())
            if other["OrderID"] == wanted["OrderID"]
            and other["ID"] != wanted["ID"]
            and other["Status"] not in ("Canceled", "Declined")
            for item in other["ItemsToReturn"]
            if item["LineItemID"] == line_id
        )


def with_amount(order_return: Document) -> Document:
    """The return with its amount: an order admin's, else an integration event's, else the sum of what its items name.

    Nothing else is worked out: where nobody gave an amount there is none.
    """
    named = [each["RefundAmount"] for each in order_return["ItemsToReturn"] if each["RefundAmount"] is not None]
    sums = (order_return["_override"], order_return["_calculated"], sum(named, ZERO) if named else None)
    return {**order_return, "RefundAmount": next((amount for amount in sums if amount is not None), None)}


def without_amounts(items: Iterable[Any]) -> list[Any]:
    """The items as a shopper may name them."""
    return [{**each, "RefundAmount": None} if isinstance(each, dict) else each for each in items]


def _item(item: Any) -> Document:
    if not isinstance(item, dict) or not item.get("LineItemID"):
        raise invalid([("ItemsToReturn", "LineItemID is required.")])
    quantity, amount = item.get("Quantity"), item.get("RefundAmount")
    if quantity is not None and (not isinstance(quantity, int) or quantity < 0):
        raise invalid([("ItemsToReturn", "Quantity must be a whole number of 0 or more.")])
    if amount is not None and not isinstance(amount, int | Decimal):
        raise invalid([("ItemsToReturn", "RefundAmount must be a number.")])
    return {
        "LineItemID": item["LineItemID"],
        "Quantity": quantity,
        "RefundAmount": Decimal(amount) if amount is not None else None,
        "Comments": item.get("Comments"),
    }
