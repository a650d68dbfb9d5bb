"""What the schedule does: continue with past orders if the queue is short, then look for new ones in any case."""

from datetime import datetime

from .second_look import SecondLook
from .sweep_orders import Sweep


def sweep_everything(*, sweep: Sweep, second_look: SecondLook, now: datetime) -> dict[str, int]:
    """Return how many orders the sweep, the second look and the backfill put on the queue."""
    try:
        backfilled = sweep.continue_backfill(now)
        again = second_look.enqueue_next(now)
    finally:
        swept = sweep.enqueue_changes(now)
    return {"swept": swept, "again": again, "backfilled": backfilled}
