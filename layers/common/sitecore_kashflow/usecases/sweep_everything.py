"""One opening of the back door: the past as long as the queue is short, then new orders whatever became of that."""

from datetime import datetime

from .second_look import SecondLook
from .sweep_orders import Sweep


def sweep_everything(*, sweep: Sweep, second_look: SecondLook, now: datetime) -> dict[str, int]:
    """How many orders were put on the queue by the sweep, by the second look, and by the backfill."""
    try:
        backfilled = sweep.go_on_with_backfill(now)
        again = second_look.go_on(now)
    finally:
        swept = sweep.look_for_changes(now)
    return {"swept": swept, "again": again, "backfilled": backfilled}
