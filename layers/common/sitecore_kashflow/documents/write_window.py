"""How long a write with an unknown outcome may still land."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class WriteWindow:
    """`worker_life`: how long a worker may still send. `slowest_commit`: how long a sent write may take to land."""

    worker_life: timedelta
    slowest_commit: timedelta

    def closes_if_worker_dies(self, now: datetime) -> datetime:
        """When a write that is about to be sent has either landed or never will, whatever becomes of its worker."""
        return now + self.worker_life + self.slowest_commit

    def closes_after_lost_answer(self, now: datetime) -> datetime:
        """The same for a write whose answer has just been lost."""
        return now + self.slowest_commit
