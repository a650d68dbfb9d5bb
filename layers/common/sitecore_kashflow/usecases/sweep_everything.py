"""What the schedule does: past orders, new ones, and what shops have not heard."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from ..errors import QueueUnavailableError, RetryableError
from ..observability import LogCode, Metric, count, note

Look = tuple[str, Callable[[datetime], int]]
"""What it is called in the answer, and what is done; that gives a number of orders."""


Looks = Sequence[Look]


def sweep_everything(*, looks: Looks, now: datetime) -> dict[str, int]:
    """How many orders each look found.

    No look is left out because another failed: one shop may be away, and the others' orders come in. A look that a
    system cuts short (`RetryableError`) is counted; the next sweep goes on there.
    """
    count(Metric.SWEEPS_BEGUN)
    found = Counter({name: 0 for name, _ in looks} | {"cut_short": 0})
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
