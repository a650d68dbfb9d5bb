"""What the schedule does: continue with past orders if the queue is short, then look for new ones in any case."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from .second_look import SecondLook
from .sweep_orders import Sweep


def sweep_everything(*, sweeps: Sequence[Sweep], second_look: SecondLook, now: datetime) -> dict[str, int]:
    """How many orders were put on the queue by the sweeps, by the second look, and by the backfills.

    No look is left out because another failed: one shop may be away, and the others' orders come in.
    """
    looks = [
        *(("backfilled", sweep.continue_backfill) for sweep in sweeps),
        ("again", second_look.enqueue_next),
        *(("swept", sweep.enqueue_changes) for sweep in sweeps),
    ]
    found, failed = Counter(swept=0, again=0, backfilled=0), list[Exception]()
    for name, look in looks:
        try:
            found[name] += look(now)
        except Exception as error:
            failed.append(error)
    if failed:
        raise failed[0]
    return dict(found)
