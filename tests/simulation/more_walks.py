"""Walks of orders that are changed, stopped or paid in parts, and of a shop whose credentials change."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.retail_order import PaymentKind, RetailOrder
from tests.simulation.drive import an_order

if TYPE_CHECKING:
    from tests.simulation.walks import Day

Script = Callable[["Day"], None]
DEARER: dict[str, Any] = {"ShippingCost": Decimal("9.95"), "TaxCost": Decimal("5.99")}
_PAYMENT = {"Type": "CreditCard", "Accepted": True}


def edited_and_restored(day: "Day") -> None:
    """The shop raises the delivery charge once the invoice stands, and takes that back: two documents more."""
    order = _second_order(day)
    day.place(order)
    day.world.plan(600, partial(edit, day, order, DEARER))
    day.world.plan(1800, partial(edit, day, order, {"ShippingCost": order.shipping, "TaxCost": order.tax}))


def stopped_and_resumed(day: "Day") -> None:
    """Somebody stops the run while it works; a person lets the order go on."""
    order = _second_order(day)
    day.place(order)
    stop_next_run(day)
    day.world.plan(1800, lambda: day.resume(order))


def paid_in_parts(day: "Day") -> None:
    """Two payments, an hour apart."""
    order = _second_order(day, PaymentKind.NONE)
    day.place(order)
    part = Decimal("12.34")
    day.world.plan(600, partial(pay, day, order, "P1", part))
    day.world.plan(4200, partial(pay, day, order, "P2", order.total - part))


def captured_twice(day: "Day") -> None:
    """One payment, charged in part with the first parcel and in full with the second: a receipt each."""
    order = _second_order(day, PaymentKind.AUTHORISED)
    day.place(order)
    part = Decimal("12.34")
    day.world.plan(600, partial(transact, day, order, "CreditCardCapture", part))
    day.world.plan(4200, partial(transact, day, order, "CreditCardCapture", order.total - part))


def voided(day: "Day") -> None:
    """The authorisation is given up, and the order is shipped all the same: nothing was received."""
    order = _second_order(day, PaymentKind.AUTHORISED)
    day.place(order)
    day.world.plan(600, partial(transact, day, order, "CreditCardVoidAuthorization", order.total))
    day.world.plan(1200, lambda: day.world.shop._call("POST", f"/v1/orders/Incoming/{order.order_id}/complete"))
    day.world.plan(1201, day.world.announce)


def refunded(day: "Day") -> None:
    """All of the money is given back, on the same payment."""
    order = _second_order(day)
    day.place(order)
    day.world.plan(600, partial(day.desk.give_back, order, order.total))


def credentials_changed(day: "Day") -> None:
    """KashFlow's password, the API client's secret and the hash key change one after the other, and sessions end."""
    order = _second_order(day, PaymentKind.AUTHORISED)
    for seconds, name in ((0.5, "kashflow"), (1.0, "ordercloud"), (1.5, "webhook")):
        day.world.plan(seconds, partial(day.world.rotation.change, name))
    day.world.plan(2, partial(day.place, order))
    day.world.plan(4000, partial(day.capture, order))


def _second_order(day: "Day", payment: PaymentKind = PaymentKind.CAPTURED) -> RetailOrder:
    """An order of a customer who has ordered before, without any fault."""
    day.place(an_order(0, 1))
    day.begin()
    return an_order(1, 1, payment)


def edit(day: "Day", order: RetailOrder, fields: dict[str, Any]) -> None:
    day.world.shop._call("PATCH", f"/v1/orders/Incoming/{order.order_id}", fields)
    day.world.announce()


def stop_next_run(day: "Day", looks: int = 100) -> None:
    """Wait for a run, and stop it when it has worked for a while."""
    if any(run.status == "RUNNING" for run in day.world.workflows.executions.values()):
        day.world.plan(0.7, lambda: stop_runs(day))
    elif looks > 1:
        day.world.plan(0.1, lambda: stop_next_run(day, looks - 1))


def stop_runs(day: "Day") -> None:
    for run in list(day.world.workflows.executions.values()):
        if run.status == "RUNNING":
            run.stop()


def pay(day: "Day", order: RetailOrder, payment: str, amount: Decimal) -> None:
    """A card payment of part of the total, charged at once."""
    path = f"/v1/orders/Incoming/{order.order_id}/payments"
    shop, now = day.world.shop, day.world.clock().isoformat()
    shop._call("POST", path, {**_PAYMENT, "ID": payment, "Amount": amount})
    charge = {"Type": "CreditCardCapture", "DateExecuted": now, "Amount": amount, "Succeeded": True, "Currency": "GBP"}
    shop._call("POST", f"{path}/{payment}/transactions", charge)
    day.desk.received[order.order_id] += amount
    day.world.announce()


def transact(day: "Day", order: RetailOrder, kind: str, amount: Decimal) -> None:
    """Another transaction of the order's own payment."""
    now = day.world.clock().isoformat()
    path = f"/v1/orders/Incoming/{order.order_id}/payments/P1/transactions"
    fields = {"Type": kind, "DateExecuted": now, "Amount": amount, "Succeeded": True, "Currency": "GBP"}
    day.world.shop._call("POST", path, fields)
    day.desk.received[order.order_id] += amount if kind == "CreditCardCapture" else 0
    day.world.announce()


MORE_WALKS: dict[str, Script] = {
    "edited and restored": edited_and_restored,
    "stopped and resumed": stopped_and_resumed,
    "paid in parts": paid_in_parts,
    "captured twice": captured_twice,
    "voided": voided,
    "refunded": refunded,
    "credentials changed": credentials_changed,
}
"""Each is told of payments and of changes of the order."""
