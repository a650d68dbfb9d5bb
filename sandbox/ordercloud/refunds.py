"""The money of order returns: the payments that give it back, and the return that they complete (OC-51, OC-81)."""

from decimal import Decimal

from sandbox.ordercloud import models
from sandbox.ordercloud.errors import not_found, refused
from sandbox.ordercloud.schema import Document
from sandbox.ordercloud.store import Store
from sandbox.ordercloud.totals import ZERO


class Refunds:
    """The payments that name a return."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def shown(self, order_return: Document) -> Document:
        """The return as the API prints it; the platform fills in its payments."""
        own = [each["ID"] for each in self._of_order(order_return["OrderID"]) if _is_of(each, order_return)]
        return {**models.ORDER_RETURN.shown(order_return), "PaymentIDs": own}

    def check(self, order: Document, payment: Document, before: Document | None) -> None:
        """400 unless it gives money back, for an open return of this order, and no more than that is owed.

        `before` is the payment as it was: one whose amount stays may be changed whatever became of the return.
        """
        order_return = self._store.find("orderreturns", (), payment["OrderReturnID"])
        if order_return is None or order_return["OrderID"] != order["ID"]:
            raise not_found("OrderReturn", payment["OrderReturnID"])
        if payment["Amount"] is None or payment["Amount"] >= 0:
            raise refused("OrderReturn.PaymentValueMustBeNegative", "OrderReturn payment value must be negative.")
        if before and all(before[name] == payment[name] for name in ("Amount", "OrderReturnID")):
            return
        if order_return["Status"] != "Open":
            message = "Cannot create a payment for an OrderReturn with this status. OrderReturn Status must be Open."
            raise refused("OrderReturn.CannotCreatePaymentBadStatus", message, {"Status": order_return["Status"]})
        others = [each for each in self._of_order(order["ID"]) if each["ID"] != payment["ID"]]
        of_return = [each for each in others if _is_of(each, order_return)]
        is_too_much = _given_back([*of_return, payment]) > (order_return["RefundAmount"] or ZERO)
        if is_too_much or _given_back([*others, payment]) > order["Total"]:
            message = "The total of the refunds for this OrderReturn cannot exceed the RefundAmount."
            raise refused("OrderReturn.TotalRefundsExceedRefundAmount", message)

    def settle(self, payment: Document) -> bool:
        """Complete the return of a payment, if its refunds now come to its amount; whether they do."""
        order_return = self._store.find("orderreturns", (), payment["OrderReturnID"] or "")
        if order_return is None or order_return["Status"] != "Open":
            return False
        own = [each for each in self._of_order(order_return["OrderID"]) if _is_of(each, order_return)]
        if not own or _given_back(own) != order_return["RefundAmount"]:
            return False
        now = self._store.now()
        done = {**order_return, "Status": "Completed", "DateCompleted": now, "LastUpdated": now}
        self._store.put("orderreturns", (), done)
        return True

    def _of_order(self, order_id: str) -> list[Document]:
        return [each for each in self._store.under("payments", (order_id,)) if each["OrderReturnID"]]


def _is_of(payment: Document, order_return: Document) -> bool:
    return bool(payment["OrderReturnID"] == order_return["ID"])


def _given_back(payments: list[Document]) -> Decimal:
    return -sum((each["Amount"] for each in payments), ZERO)
