"""How long a write may still land after nobody knows what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class InDoubt:
    """`alive`: how long a worker may live, and so still send. `landing`: the slowest commit after a lost answer."""

    alive: timedelta
    landing: timedelta

    def if_unheard(self, now: datetime) -> datetime:
        """When a write that is about to be sent has landed or never will, should its worker not be heard of again."""
        return now + self.alive + self.landing

    def if_lost(self, now: datetime) -> datetime:
        """The same for a write whose answer was lost just now."""
        return now + self.landing
