"""`evidence`: what the last orders show of payment and dispatch, which `orders.tax_point: first_of` goes by."""

from argparse import Namespace

from ...errors import PermanentError
from ...plan.tax_point import day_supplied
from ...rules.model import Rules
from ..books_values import Evidence
from ..desk import Desk
from ..names import name_of
from .previews import last_orders


def evidence(asked: Namespace, desk: Desk) -> Evidence:
    """Read the last orders again from the shop, with their shipments; nothing is posted."""
    rules = _with_shipments(desk.wiring.rules_source())
    subjects = last_orders(asked.last, desk)
    paid, supplied = 0, 0
    without, unreadable = list[str](), list[str]()
    for subject in desk.person.watch("Reading", subjects):
        try:
            reading = desk.wiring.shops(subject.source).read(subject.id)
            order = reading.order(rules) if reading else None
        except PermanentError:
            order = None
        if order is None:
            unreadable.append(name_of(subject))
            continue
        paid += bool(order.payments)
        supplied += day_supplied(order) is not None
        if not order.payments and day_supplied(order) is None:
            without.append(name_of(subject))
    return Evidence(len(subjects), paid, supplied, tuple(without), tuple(unreadable))


def _with_shipments(rules: Rules) -> Rules:
    """The same rules for a shop that waits for payment or dispatch: its orders are read with their shipments."""
    return rules.model_copy(update={"orders": rules.orders.model_copy(update={"tax_point": "first_of"})})
