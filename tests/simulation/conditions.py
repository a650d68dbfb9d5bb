"""How the world is while nothing goes wrong: calm, which is quick, or strict, as AWS and long lines are."""

from dataclasses import dataclass
from random import Random

_TAIL_SHARE, _TAIL_TIMES = 0.01, 8


@dataclass(frozen=True)
class Conditions:
    """`outside_seconds` and `aws_seconds` are what a call usually takes; one in a hundred takes eight times as long.

    A read that does not ask for consistency may be `stale_seconds` old, and the index `index_lag_seconds`. A query
    answers `page_items` at a time. An item stands for up to `expiry_lag_seconds` after its time to live. Each
    container's clock is up to `skew_seconds` wrong. A step has at most `step_workers` at once, and the
    account at most so many `functions`. None or 0: not so.
    """

    outside_seconds: float = 0
    aws_seconds: float = 0
    stale_seconds: float = 0
    index_lag_seconds: float = 0
    page_items: int = 0
    expiry_lag_seconds: float | None = None
    skew_seconds: float = 0
    step_workers: int = 0
    functions: int = 0


CALM = Conditions()
STRICT = Conditions(
    outside_seconds=0.3,
    aws_seconds=0.006,
    stale_seconds=1,
    index_lag_seconds=3,
    page_items=2,
    expiry_lag_seconds=2 * 86_400,
    skew_seconds=0.4,
    step_workers=8,
)


def conditions_of(*, is_strict: bool) -> Conditions:
    return STRICT if is_strict else CALM


def spread(usual: float, random: Random) -> float:
    """How long one call takes, on its way there or back."""
    tail = _TAIL_TIMES if random.random() < _TAIL_SHARE else 1
    return usual / 2 * tail * random.lognormvariate(0, 0.5)
