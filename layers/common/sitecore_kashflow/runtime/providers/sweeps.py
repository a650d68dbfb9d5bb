"""Looks through what no event told of."""

from ...runs.cursors import CursorStore
from ...usecases.second_look import SecondLook
from ...usecases.sweep_orders import Sweep
from ..wiring import Wiring


def cursors(wiring: Wiring) -> CursorStore:
    return CursorStore(wiring.table)


def sweep(wiring: Wiring) -> Sweep:
    """Looks through OrderCloud's orders."""
    return Sweep("ordercloud", wiring.lists, wiring.cursors, wiring.queue)


def second_look(wiring: Wiring) -> SecondLook:
    return SecondLook(wiring.runs, wiring.cursors, wiring.queue)
