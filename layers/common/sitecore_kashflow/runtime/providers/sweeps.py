"""Searches for what no event announced."""

from collections.abc import Sequence

from ...runs.cursors import CursorStore
from ...usecases.second_look import SecondLook
from ...usecases.sweep_orders import Sweep
from ...usecases.tell_shops import Telling
from ..wiring import Wiring
from .shops import SOURCES


def cursors(wiring: Wiring) -> CursorStore:
    return CursorStore(wiring.table)


def sweeps(wiring: Wiring) -> Sequence[Sweep]:
    """Looks through the orders of every shop."""
    return [Sweep(source, wiring.lists, wiring.cursors, wiring.queues("order"), wiring.runs) for source in SOURCES]


def second_look(wiring: Wiring) -> SecondLook:
    return SecondLook(wiring.runs, wiring.cursors, wiring.queues("order"))


def telling(wiring: Wiring) -> Telling:
    return Telling(wiring.runs, wiring.reporter)
