"""What the schedule does: past orders if the queue is short, new ones in any case, and what shops have not heard."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from ..runs.queue import Queues
from .second_look import SecondLook
from .sweep_orders import Sweep
from .tell_shops import Telling

SHORT_QUEUE_LENGTH = 20
"""With at most this many envelopes on the queue, no new orders are kept waiting."""


def sweep_everything(
    *, sweeps: Sequence[Sweep], second_look: SecondLook, telling: Telling, queues: Queues, now: datetime
) -> dict[str, int]:
    """How many orders were put on the queue by the sweeps, by the second look and by the backfills, or told of.

    No look is left out because another failed: one shop may be away, and the others' orders come in. The second look
    goes first, so that a backfill of many days does not put it off.
    """
    past = [
        ("again", second_look.enqueue_next),
        *(("backfilled", sweep.continue_backfill) for sweep in sweeps),
    ]
    new = [*(("swept", sweep.enqueue_changes) for sweep in sweeps), ("told", telling.tell_unheard)]
    is_short = queues("order").waiting() <= SHORT_QUEUE_LENGTH
    found, failed = Counter(swept=0, again=0, backfilled=0, told=0), list[Exception]()
    for name, look in [*(past if is_short else []), *new]:
        try:
            found[name] += look(now)
        except Exception as error:
            failed.append(error)
    if failed:
        raise failed[0]
    return dict(found)
