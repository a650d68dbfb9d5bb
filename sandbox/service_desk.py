"""What a shop does to an order that it has placed: refunds, returns, cancelling, changes, chargebacks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.retail_order import OrderLine, RetailOrder
from sandbox.shop_fields import line_fields, product_fields

RETURNS = "/v1/orderreturns"


class ShopError(Exception):
    """OrderCloud refused a call of the shop, or reckons otherwise; the text says which call, and what it answered."""


@dataclass(frozen=True)
class Returned:
    """Units of a product that come back; `amount`, with VAT, is what the shop gives back for them.

    `line_id` says which line of the order they were sold on, where it has several of the product.
    """

    product_id: str
    quantity: int = 0
    amount: Decimal | None = None
    line_id: str = ""


def wall_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class ServiceDesk:
    """Works through `call(method, path, fields)`, which gives the answer's body and raises for a refusal.

    What was sold on an order is told by the product, so each product should be on one line of it. Changes give the
    order as it is then, with its new total.
    """

    call: Callable[[str, str, dict[str, Any] | None], Any]
    clock: Callable[[], datetime] = wall_clock

    # --- money -------------------------------------------------------------------------------------------

    def capture(self, order: RetailOrder, amount: Decimal, payment: str = "P1") -> str:
        """Take (more) money on a card payment; gives the transaction's id."""
        return self._transact(order, "CreditCardCapture", amount, payment)

    def refund(self, order: RetailOrder, amount: Decimal, payment: str = "P1") -> str:
        """Give money back on the payment that brought it; gives the transaction's id."""
        return self._transact(order, "CreditCardRefund", -amount, payment)

    def charge_back(self, order: RetailOrder, amount: Decimal, payment: str = "P1") -> str:
        """The customer's bank takes money back, though the sale stands; gives the transaction's id."""
        return self._transact(order, "Chargeback", -amount, payment)

    def win_chargeback(self, order: RetailOrder, amount: Decimal, payment: str = "P1") -> str:
        """The shop gets money back that the customer's bank had taken; gives the transaction's id."""
        return self._transact(order, "ChargebackReversed", amount, payment)

    # --- returns -----------------------------------------------------------------------------------------

    def open_return(self, order: RetailOrder, goods: Sequence[Returned], amount: Decimal | None = None) -> str:
        """Take a return in: create it, submit it, approve it where that is asked for; gives its id.

        `amount` overrides what the goods come to. Units of an order that is still Open must have been shipped;
        a return of nothing, or of no units, is of money alone.
        """
        items = [
            {
                "LineItemID": one.line_id or self._line(order, one.product_id),
                "Quantity": one.quantity,
                "RefundAmount": one.amount,
            }
            for one in goods
        ]
        fields = {"OrderID": order.order_id, "RefundAmount": amount, "ItemsToReturn": items}
        return_id: str = self.call("POST", RETURNS, fields)["ID"]
        if self.call("POST", f"{RETURNS}/{return_id}/submit", None)["Status"] == "AwaitingApproval":
            self.call("POST", f"{RETURNS}/{return_id}/approve", None)
        return return_id

    def give_store_credit(self, order: RetailOrder, goods: Sequence[Returned], amount: Decimal) -> str:
        """Take a return in and give store credit for it instead of money; gives the payment's id."""
        return_id = self.open_return(order, goods, amount)
        fields = {"Type": "SpendingAccount", "Accepted": True, "Amount": -amount, "OrderReturnID": return_id}
        payment: str = self.call("POST", f"{_path(order)}/payments", fields)["ID"]
        self.refund(order, amount, payment)
        return payment

    def say_spent(self, order: RetailOrder, payment: str) -> None:
        """Note that the store credit of a return was spent today."""
        fields = {"xp": {"SpentOn": self.clock().date().isoformat()}}
        self.call("PATCH", f"{_path(order)}/payments/{payment}", fields)

    def pay_return(self, order: RetailOrder, return_id: str, amount: Decimal | None = None) -> str:
        """Refund a return, or `amount` of it, by a payment of its own; gives the payment's id.

        The return completes by itself once its payments add up, so that no webhook of `complete` fires.
        """
        owed: Decimal = self.call("GET", f"{RETURNS}/{return_id}", None)["RefundAmount"] if amount is None else amount
        fields = {"Type": "CreditCard", "Accepted": True, "Amount": -owed, "OrderReturnID": return_id}
        payment: str = self.call("POST", f"{_path(order)}/payments", fields)["ID"]
        self.refund(order, owed, payment)
        return payment

    def return_goods(self, order: RetailOrder, goods: Sequence[Returned], amount: Decimal | None = None) -> str:
        """Take a return in and refund it at once; gives its id. See `open_return`."""
        return_id = self.open_return(order, goods, amount)
        self.pay_return(order, return_id)
        return return_id

    def complete_return(self, return_id: str) -> None:
        """Say by hand that a return has been refunded."""
        self.call("POST", f"{RETURNS}/{return_id}/complete", None)

    def cancel_return(self, return_id: str) -> None:
        """Undo a return, also one that is completed."""
        self.call("POST", f"{RETURNS}/{return_id}/cancel", None)

    # --- the order ---------------------------------------------------------------------------------------

    def cancel(self, order: RetailOrder) -> None:
        """Cancel the order; of a submitted one OrderCloud may refuse it (switch `cancel_open_orders`)."""
        self.call("POST", f"{_path(order)}/cancel", None)

    def ship(self, order: RetailOrder, **pieces: int) -> str:
        """Send so many pieces of products, `MUG=2`, in a shipment of their own; gives its id.

        The order completes by itself once all of it is sent.
        """
        fields = {"BuyerID": order.customer.buyer_id, "DateShipped": self.clock().isoformat()}
        shipment: str = self.call("POST", "/v1/shipments", fields)["ID"]
        for product_id, quantity in pieces.items():
            self.add_to_shipment(order, shipment, product_id, quantity)
        return shipment

    def add_to_shipment(self, order: RetailOrder, shipment: str, product_id: str, quantity: int) -> None:
        """Put pieces of a product into a shipment, which may have left."""
        line = self._line(order, product_id)
        fields = {"OrderID": order.order_id, "LineItemID": line, "QuantityShipped": quantity}
        self.call("POST", f"/v1/shipments/{shipment}/items", fields)

    def promise(self, order: RetailOrder, payment: str, kind: str, amount: Decimal) -> None:
        """A payment of its own for so much of the order, of which nothing is received yet."""
        fields = {"ID": payment, "Type": kind, "Amount": amount, "Accepted": True}
        self.call("POST", f"{_path(order)}/payments", fields)

    def set_quantity(self, order: RetailOrder, product_id: str, quantity: int) -> RetailOrder:
        """Change how many of a product were ordered, and the VAT with it."""
        self.call("PATCH", self._line_path(order, product_id), {"Quantity": quantity})
        lines = (replace(one, quantity=quantity) if one.product_id == product_id else one for one in order.lines)
        return self._charged(replace(order, lines=tuple(lines)))

    def remove_line(self, order: RetailOrder, product_id: str) -> RetailOrder:
        """Take a product off the order, and its VAT with it."""
        self.call("DELETE", self._line_path(order, product_id), None)
        return self._charged(_without(order, product_id))

    def add_line(self, order: RetailOrder, line: OrderLine) -> RetailOrder:
        """Sell one more product on the order, and charge its VAT."""
        self._add(order, line)
        return self._charged(replace(order, lines=(*order.lines, line)))

    def swap_line(self, order: RetailOrder, product_id: str, line: OrderLine) -> RetailOrder:
        """Sell another product instead: the line goes, and the other is a new one, because a line keeps its product."""
        self.call("DELETE", self._line_path(order, product_id), None)
        self._add(order, line)
        left = _without(order, product_id)
        return self._charged(replace(left, lines=(*left.lines, line)))

    def set_shipping(self, order: RetailOrder, shipping: Decimal) -> RetailOrder:
        """Change what delivery costs, and the VAT with it."""
        return self._charged(replace(order, shipping=shipping))

    def _transact(self, order: RetailOrder, kind: str, amount: Decimal, payment: str) -> str:
        """One transaction that succeeded, with the gateway's own id of it."""
        path = f"{_path(order)}/payments/{payment}"
        number = len(self.call("GET", path, None)["Transactions"]) + 1
        transaction_id = f"{payment}-T{number}"
        fields = {
            "ID": transaction_id,
            "Type": kind,
            "DateExecuted": self.clock().isoformat(),
            "Amount": amount,
            "Currency": order.customer.currency,
            "Succeeded": True,
            "ResultCode": "00",
            "ResultMessage": "OK",
            "xp": {"PspReference": f"psp-{order.order_id}-{transaction_id}", "Gateway": "Stripe"},
        }
        self.call("POST", f"{path}/transactions", fields)
        return transaction_id

    def _line(self, order: RetailOrder, product_id: str) -> str:
        found: list[dict[str, Any]] = self.call("GET", f"{_path(order)}/lineitems?pageSize=100", None)["Items"]
        ids = [str(one["ID"]) for one in found if one["ProductID"] == product_id]
        if not ids:
            raise ShopError(f"{order.order_id}: no line of it is for {product_id}")
        return ids[0]

    def _line_path(self, order: RetailOrder, product_id: str) -> str:
        return f"{_path(order)}/lineitems/{self._line(order, product_id)}"

    def _add(self, order: RetailOrder, line: OrderLine) -> None:
        self.call("PUT", f"/v1/products/{line.product_id}", product_fields(line))
        self.call("POST", f"{_path(order)}/lineitems", line_fields(line))

    def _charged(self, order: RetailOrder) -> RetailOrder:
        charged = self.call("PATCH", _path(order), {"ShippingCost": order.shipping, "TaxCost": order.tax})
        if charged["Total"] != order.total:
            raise ShopError(f"{order.order_id}: the shop reckons {order.total}, OrderCloud {charged['Total']}")
        return order


def _path(order: RetailOrder) -> str:
    return f"/v1/orders/Incoming/{order.order_id}"


def _without(order: RetailOrder, product_id: str) -> RetailOrder:
    return replace(order, lines=tuple(one for one in order.lines if one.product_id != product_id))
