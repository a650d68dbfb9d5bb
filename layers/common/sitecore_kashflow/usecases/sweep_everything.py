"""What the schedule does: past orders if the queue is short, new ones in any case, and what shops have not heard."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..errors import QueueUnavailableError, RetryableError
from ..observability import LogCode, Metric, count, note
from ..runs.queue import Queues

SHORT_QUEUE_LENGTH = 20
"""With at most this many envelopes on the queue, no new orders are kept waiting."""

Look = tuple[str, Callable[[datetime], int]]
"""What it is called in the answer, and what is done; that gives a number of orders."""


@dataclass(frozen=True)
class Looks:
    """What is done in turn: `past` only while the queue is short, `new` in any case."""

    past: Sequence[Look]
    new: Sequence[Look]


def sweep_everything(*, looks: Looks, queues: Queues, now: datetime) -> dict[str, int]:
    """How many orders each look found.

    No look is left out because another failed: one shop may be away, and the others' orders come in. A look that a
    system cuts short (`RetryableError`) is counted; the next sweep goes on there.
    """
    count(Metric.SWEEPS_BEGUN)
    is_short = queues("order").waiting() <= SHORT_QUEUE_LENGTH
    found = Counter({name: 0 for name, _ in [*looks.new, *looks.past]} | {"cut_short": 0})
    failed = list[Exception]()
    for name, look in [*(looks.past if is_short else []), *looks.new]:
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
