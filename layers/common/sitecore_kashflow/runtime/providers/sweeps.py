"""Searches for what no event announced."""

from ...usecases.second_look import SecondLook
from ...usecases.sweep_orders import Sweep
from ..wiring import Wiring


def sweep(wiring: Wiring) -> Sweep:
    """The sweep of OrderCloud's orders."""
    return Sweep("ordercloud", wiring.shops, wiring.cursors, wiring.queue)


def second_look(wiring: Wiring) -> SecondLook:
    return SecondLook(wiring.runs, wiring.cursors, wiring.queue)
