"""Time as callers feel it: passed in, so that it can be played."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ..canonical.clock import Clock


@dataclass(frozen=True)
class Timing:
    """The present moment (aware UTC), waiting for some seconds, and the chance that spreads waits."""

    clock: Clock
    sleep: Callable[[float], None]
    random: Random
