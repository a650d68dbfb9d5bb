"""What the schedule does: past orders if the queue is short, new ones in any case, and what shops have not heard."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from .second_look import SecondLook
from .sweep_orders import Sweep
from .tell_shops import Telling


def sweep_everything(
    *, sweeps: Sequence[Sweep], second_look: SecondLook, telling: Telling, now: datetime
) -> dict[str, int]:
    """How many orders were put on the queue by the sweeps, by the second look and by the backfills, or told of.

    No look is left out because another failed: one shop may be away, and the others' orders come in.
    """
    looks = [
        *(("backfilled", sweep.continue_backfill) for sweep in sweeps),
        ("again", second_look.enqueue_next),
        *(("swept", sweep.enqueue_changes) for sweep in sweeps),
        ("told", telling.tell_unheard),
    ]
    found, failed = Counter(swept=0, again=0, backfilled=0, told=0), list[Exception]()
    for name, look in looks:
        try:
            found[name] += look(now)
        except Exception as error:
            failed.append(error)
    if failed:
        raise failed[0]
    return dict(found)
