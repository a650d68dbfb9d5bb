"""Searches for what no event announced."""

from functools import partial

from ...runs.cursors import CursorStore
from ...runs.envelope import BACKFILL
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
    runs, live, past = wiring.runs, wiring.queues("order"), wiring.queues(BACKFILL)
    sweeps = [Sweep(source, wiring.lists, wiring.cursors, live, past) for source in SOURCES]
    return [
        ("again", SecondLook(runs, wiring.cursors, past).enqueue_next),
        *(("backfilled", sweep.continue_backfill) for sweep in sweeps),
        *(("swept", sweep.enqueue_changes) for sweep in sweeps),
        *(("returned", sweep.enqueue_returns) for sweep in sweeps),
        ("told", Telling(runs, wiring.reporter).tell_unheard),
        ("waiting", partial(measure_waits, runs)),
        ("without_evidence", partial(measure_evidence, runs)),
    ]
