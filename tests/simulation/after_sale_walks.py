"""Walks of what happens after the invoice. Calls go wrong from the moment on at which it happens."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from sandbox.retail_order import OrderLine, PaymentKind, RetailOrder
from sandbox.service_desk import Returned, ServiceDesk
from tests.simulation.drive import an_order

if TYPE_CHECKING:
    from tests.simulation.walks import Day

_LATER = 600
_MUG_BACK = Decimal("12.01")
_SHOE = OrderLine("SHOE", "Shoe", 1, Decimal("30.02"))


def refunded_at_once(day: "Day") -> None:
    """All of the money goes back while the invoice is being made."""
    day.place(an_order(0, 1))
    day.begin("lambda create_invoice")
    order = an_order(1, 1)
    day.place(order)
    day.world.plan(2, partial(day.desk.give_back, order, order.total))


def refunded_in_parts(day: "Day") -> None:
    """The second part comes when the first may still be under way."""
    order = _sold(day)
    day.desk.give_back(order, Decimal("12.00"))
    day.world.plan(20, partial(day.desk.give_back, order, Decimal("5.55")))


def goodwill(day: "Day") -> None:
    """A return of nothing but money."""
    order = _sold(day)
    day.desk.take_back(order, (), Decimal("5.00"))


def returned(day: "Day") -> None:
    """One mug of two comes back; the payment completes the return, and no webhook says so."""
    order = _sold(day, completed=True)
    day.desk.take_back(order, [Returned("MUG", 1, _MUG_BACK)], _MUG_BACK)


def cancelled_unpaid(day: "Day") -> None:
    """Nothing was paid, so that nothing is awaited."""
    order = _sold(day, PaymentKind.PURCHASE_ORDER)
    day.desk.cancel(order)


def cancelled_and_refunded(day: "Day") -> None:
    """The money is given back later."""
    order = _sold(day)
    day.desk.cancel(order)
    day.world.plan(_LATER, partial(day.desk.give_back, order, order.total))


def edited_up(day: "Day") -> None:
    """One mug more, whose money comes later."""
    order = _sold(day)
    more = day.desk.change(order, partial(_mugs, 3))
    day.world.plan(_LATER, partial(day.desk.capture, more, more.total - order.total))


def edited_down_paid(day: "Day") -> None:
    """One mug less, whose money goes back later."""
    order = _sold(day)
    less = day.desk.change(order, partial(_mugs, 1))
    day.world.plan(_LATER, partial(day.desk.give_back, less, order.total - less.total))


def edited_down_unpaid(day: "Day") -> None:
    """One mug less, before what is left is paid."""
    order = _sold(day, PaymentKind.AUTHORISED)
    less = day.desk.change(order, partial(_mugs, 1))
    day.world.plan(_LATER, partial(day.desk.capture, less, less.total))


def swapped(day: "Day") -> None:
    """Both mugs for a shoe, which costs 12.00 more."""
    order = _sold(day)
    other = day.desk.change(order, lambda desk, sold: desk.swap_line(sold, "MUG", _SHOE))
    assert other.total - order.total == Decimal("12.00")
    day.world.plan(20, partial(day.desk.capture, other, Decimal("12.00")))


def captured_twice_by_mistake(day: "Day") -> None:
    """The order waits for a person, until the second capture is given back."""
    order = _sold(day)
    day.desk.capture(order, order.total)
    day.world.plan(_LATER, partial(day.desk.give_back_surplus, order, order.total))
    day.world.plan(2 * _LATER, partial(day.resume, order))


def charged_back(day: "Day") -> None:
    """The customer's bank takes the money, and the shop wins it again."""
    order = _sold(day)
    day.desk.charge_back(order, order.total)
    day.world.plan(_LATER, partial(day.desk.win_chargeback, order, order.total))


def _sold(day: "Day", payment: PaymentKind = PaymentKind.CAPTURED, *, completed: bool = False) -> RetailOrder:
    """An order whose invoice stands, without any fault."""
    order = replace(an_order(1, 1, payment), completed=completed)
    day.place(order)
    day.begin()
    return order


def _mugs(many: int, desk: ServiceDesk, order: RetailOrder) -> RetailOrder:
    return desk.set_quantity(order, "MUG", many)


AFTER_SALE_WALKS: dict[str, Callable[["Day"], None]] = {
    "refunded at once": refunded_at_once,
    "refunded in parts": refunded_in_parts,
    "goodwill": goodwill,
    "returned": returned,
    "cancelled unpaid": cancelled_unpaid,
    "cancelled and refunded": cancelled_and_refunded,
    "edited up": edited_up,
    "edited down, paid": edited_down_paid,
    "edited down, unpaid": edited_down_unpaid,
    "swapped": swapped,
    "captured twice by mistake": captured_twice_by_mistake,
    "charged back": charged_back,
}
"""Each is told of payments, of cancelling and of changes of the order."""
