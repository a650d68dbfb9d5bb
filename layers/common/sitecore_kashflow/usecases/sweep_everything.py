"""What the schedule does: past orders if the queue is short, new ones in any case, and what shops have not heard."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from ..errors import QueueUnavailableError, RetryableError
from ..observability import LogCode, Metric, count, note
from ..runs.runs import Runs
from .list_unfinished import measure_waits
from .second_look import SecondLook
from .sweep_orders import Sweep
from .tell_shops import Telling


def sweep_everything(
    *, sweeps: Sequence[Sweep], second_look: SecondLook, telling: Telling, runs: Runs, now: datetime
) -> dict[str, int]:
    """How many orders were put on the queue by sweeps, second look and backfills; were told of; and wait.

    No look is left out because another failed: one shop may be away, and the others' orders come in. A look that a
    system cuts short (`RetryableError`) is counted; the next sweep goes on there.
    """
    count(Metric.SWEEPS_BEGUN)
    looks: list[tuple[str, Callable[[datetime], int]]] = [
        *(("backfilled", sweep.continue_backfill) for sweep in sweeps),
        ("again", second_look.enqueue_next),
        *(("swept", sweep.enqueue_changes) for sweep in sweeps),
        ("told", telling.tell_unheard),
        ("waiting", partial(measure_waits, runs)),
    ]
    found = Counter(swept=0, again=0, backfilled=0, told=0, waiting=0, cut_short=0)
    failed = list[Exception]()
    for name, look in looks:
        try:
            found[name] += look(now)
        except QueueUnavailableError as error:
            failed.append(error)
        except RetryableError as cut:
            found["cut_short"] += 1
            note(LogCode.SWEEP_CUT_SHORT, look=name, reason=cut.code)
        except Exception as error:
            failed.append(error)
    if failed:
        raise failed[0]
    return dict(found)
