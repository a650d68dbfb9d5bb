"""Looks through what no event told of."""

from ...usecases.second_look import SecondLook
from ...usecases.sweep_orders import Sweep
from ..wiring import Wiring


def sweep(wiring: Wiring) -> Sweep:
    """Looks through OrderCloud's orders."""
    return Sweep("ordercloud", wiring.lists, wiring.cursors, wiring.queue)


def second_look(wiring: Wiring) -> SecondLook:
    return SecondLook(wiring.runs, wiring.cursors, wiring.queue)
