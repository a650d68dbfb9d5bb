"""Searches for what no event announced."""

from functools import partial

from ...runs.cursors import CursorStore
from ...usecases.list_unfinished import measure_evidence, measure_waits
from ...usecases.second_look import SecondLook
from ...usecases.sweep_everything import Looks
from ...usecases.sweep_orders import Sweep
from ...usecases.tell_shops import Telling
from ..wiring import Wiring
from .shops import SOURCES


def cursors(wiring: Wiring) -> CursorStore:
    return CursorStore(wiring.table)


def looks(wiring: Wiring) -> Looks:
    """Through the orders of every shop. The second look goes first: many days of a backfill must not put it off."""
    runs, queue = wiring.runs, wiring.queues("order")
    sweeps = [Sweep(source, wiring.lists, wiring.cursors, queue, runs) for source in SOURCES]
    return Looks(
        past=[
            ("again", SecondLook(runs, wiring.cursors, queue).enqueue_next),
            *(("backfilled", sweep.continue_backfill) for sweep in sweeps),
        ],
        new=[
            *(("swept", sweep.enqueue_changes) for sweep in sweeps),
            ("told", Telling(runs, wiring.reporter).tell_unheard),
            ("waiting", partial(measure_waits, runs)),
            ("without_evidence", partial(measure_evidence, runs)),
        ],
    )
