"""How long a write may still land after nobody knows what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class WriteWindow:
    """`worker_life`: how long a worker may live, and so still send. `slowest_commit`: after an answer was lost."""

    worker_life: timedelta
    slowest_commit: timedelta

    def closes_if_worker_dies(self, now: datetime) -> datetime:
        """When a write that is about to be sent has landed or never will, whatever becomes of its worker."""
        return now + self.worker_life + self.slowest_commit

    def closes_after_lost_answer(self, now: datetime) -> datetime:
        """The same for a write whose answer was lost just now."""
        return now + self.slowest_commit
