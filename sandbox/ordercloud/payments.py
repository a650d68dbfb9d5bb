"""Payments of an order and their transactions (OC-45 to OC-47, OC-81, OC-86)."""

from decimal import Decimal

from sandbox.ordercloud import models
from sandbox.ordercloud.errors import insufficient_roles, not_found, refused
from sandbox.ordercloud.orders import BUYING, ONE, READERS, Orders
from sandbox.ordercloud.queries import ListQuery
from sandbox.ordercloud.refunds import Refunds
from sandbox.ordercloud.routing import Call, Reply, Route, roles
from sandbox.ordercloud.schema import Document
from sandbox.ordercloud.store import Store
from sandbox.ordercloud.totals import ZERO
from sandbox.shared.switches import Switches

_FIXED = ("Type", "CreditCardID", "SpendingAccountID")


class Payments:
    """Payments are created and patched, never put; transactions are only added and removed."""

    def __init__(self, store: Store, switches: Switches, orders: Orders, refunds: Refunds) -> None:
        self._store = store
        self._switches = switches
        self._orders = orders
        self._refunds = refunds

    def cart_routes(self) -> list[Route]:
        one = f"{ONE}/payments/{{paymentID}}"
        return [
            Route("GET", f"{ONE}/payments", READERS, self.list_all),
            Route("POST", f"{ONE}/payments", BUYING, self.create),
            Route("GET", one, READERS, self.get),
            Route("PATCH", one, BUYING, self.patch),
            Route("DELETE", one, BUYING, self.delete),
            Route("POST", f"{one}/transactions", roles("OrderAdmin"), self.add_transaction),
            Route(
                "DELETE",
                f"{one}/transactions/{{transactionID}}",
                roles("OrderAdmin"),
                self.remove_transaction,
            ),
        ]

    def list_all(self, call: Call) -> Reply:
        payments = [models.PAYMENT.shown(each) for each in self._of(self._orders.of(call))]
        return Reply(200, ListQuery.read(call.query).answer(models.PAYMENT, payments))

    def create(self, call: Call) -> Reply:
        """Purchase orders and spending accounts are accepted at once; a card waits for an order admin."""
        order = self._payable(call)
        payment = models.PAYMENT.create(call.fields)
        self._check_amount(order, payment, None)
        if payment["CreditCardID"] and payment["Type"] != "CreditCard":
            raise refused("Payment.CannotSetCreditCard", "Cannot have CreditCardID set on Payment of of this type.")
        if payment["Accepted"] and payment["Type"] == "CreditCard" and not call.caller.has("OrderAdmin"):
            raise insufficient_roles(["OrderAdmin"], sorted(call.caller.roles))
        if payment["Accepted"] is None:
            payment["Accepted"] = payment["Type"] != "CreditCard"
        complete = {
            **payment,
            "DateCreated": payment["DateCreated"] or self._store.now(),
            "Currency": order["Currency"],
            "Transactions": [],
        }
        added = self._store.add("payments", (order["ID"],), complete, "Payment")
        return self._answered(order, added, 201)

    def get(self, call: Call) -> Reply:
        return Reply(200, models.PAYMENT.shown(self._payment(call, self._orders.of(call))))

    def patch(self, call: Call) -> Reply:
        order = self._payable(call)
        before = self._payment(call, order)
        is_settled = before["Type"] == "CreditCard" or (before["Accepted"] and order["IsSubmitted"])
        if is_settled and not call.caller.has("OrderAdmin"):
            message = "You are not authorized to modify Accepted payments on submitted orders."
            raise refused("Payment.NotAuthorizedToPatch", message)
        if any(name in call.fields and call.fields[name] != before[name] for name in _FIXED):
            message = "Payment Type, SpendingAccountID, and CreditCardID are not modifiable properties."
            raise refused("Payment.CannotPatchProperty", message)
        after = models.PAYMENT.patch(before, call.fields, nested_xp=self._switches["xp_merge"] == "nested")
        self._check_amount(order, after, before)
        return self._answered(order, self._store.put("payments", (order["ID"],), after), 200)

    def delete(self, call: Call) -> Reply:
        order = self._payable(call)
        self._store.delete("payments", (order["ID"],), call.params["paymentID"], "Payment")
        return Reply(204)

    def add_transaction(self, call: Call) -> Reply:
        """Answers with the payment, as the platform does."""
        order = self._payable(call)
        payment = self._payment(call, order)
        transaction = models.TRANSACTION.create(call.fields)
        complete = {
            **transaction,
            "ID": transaction["ID"] or self._store.new_id(),
            "Currency": transaction["Currency"] or order["Currency"],
        }
        after = {**payment, "Transactions": [*payment["Transactions"], complete]}
        return self._answered(order, self._store.put("payments", (order["ID"],), after), 201)

    def remove_transaction(self, call: Call) -> Reply:
        order = self._payable(call)
        payment, own_id = self._payment(call, order), call.params["transactionID"]
        kept = [each for each in payment["Transactions"] if each["ID"] != own_id]
        if len(kept) == len(payment["Transactions"]):
            raise not_found("PaymentTransaction", own_id)
        after = {**payment, "Transactions": kept}
        return self._answered(order, self._store.put("payments", (order["ID"],), after), 200)

    def _of(self, order: Document) -> list[Document]:
        return self._store.under("payments", (order["ID"],))

    def _payment(self, call: Call, order: Document) -> Document:
        return self._store.get("payments", (order["ID"],), call.params["paymentID"], "Payment")

    def _payable(self, call: Call) -> Document:
        order = self._orders.of(call)
        is_admin = call.caller.has("OrderAdmin") and self._switches["payments_on_canceled"] == "order_admin"
        if order["Status"] == "Canceled" and not is_admin:
            raise refused("Payment.CannotEditCancelled", "Cannot add or edit a payment on a canceled order.")
        return order

    def _check_amount(self, order: Document, payment: Document, before: Document | None) -> None:
        """Negative amounts belong to order returns; the sum of the others must not exceed the total."""
        amount = payment["Amount"]
        if payment["OrderReturnID"]:
            self._refunds.check(order, payment, before)
            return
        if amount is not None and amount < 0:
            message = "When creating a payment Amount must be null or greater than zero."
            raise refused("Payment.AmountGreaterThanZero", message)
        others = [each for each in self._of(order) if each["ID"] != payment["ID"] and not each["OrderReturnID"]]
        paid: Decimal = sum((each["Amount"] or ZERO for each in others), ZERO)
        if order["LineItemCount"] and others and paid >= order["Total"]:
            raise refused("Payment.AlreadyPaid", "Cannot create Payment. Order is already fully paid.")

    def _answered(self, order: Document, payment: Document, status: int) -> Reply:
        completes_return = self._refunds.settle(payment) and self._switches["return_touches_order"] == "yes"
        if completes_return or self._switches["payment_touches_order"] == "yes":
            self._orders.keep(order)
        return Reply(status, models.PAYMENT.shown(payment))
