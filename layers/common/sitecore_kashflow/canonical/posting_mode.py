"""Which orders are posted: all, those from a moment on, or none (shadow mode)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class PostingMode:
    """In shadow mode nothing is written to either system. `live_from` is the moment of going live, aware UTC."""

    is_shadow: bool = False
    live_from: datetime | None = None

    def posts(self, placed_at: datetime, *, is_asked_for: bool, was_shadowed: bool) -> bool:
        """Whether an order of which the books hold nothing is posted.

        What was sold before going live stands in the books by other means: it is posted only if a backfill asks for it.
        """
        if self.is_shadow:
            return False
        if is_asked_for:
            return True
        return placed_at >= self.live_from if self.live_from else not was_shadowed
