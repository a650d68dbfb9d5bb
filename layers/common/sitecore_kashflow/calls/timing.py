"""Time and chance, passed in so that tests can control them."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ..canonical.clock import Clock


@dataclass(frozen=True)
class Timing:
    """The current moment (aware UTC), a wait of some seconds, and the randomness that spreads waits."""

    clock: Clock
    sleep: Callable[[float], None]
    random: Random
