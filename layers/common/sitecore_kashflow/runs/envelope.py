"""The message on our queues: a hint that somebody should look at an order. It holds no content of the order."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from ..canonical.keys import order_key

BACKFILL, AGAIN = "backfill", "again"


class Envelope(BaseModel):
    """Version 1. `hint_id` is the same for the same event, so that a double is known early."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    source: Literal["ordercloud"]
    order_id: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")
    hint: str
    hint_id: str
    received_at: AwareDatetime
    correlation_id: str

    @property
    def order_key(self) -> str:
        return order_key(self.source, self.order_id)

    @property
    def is_backfill(self) -> bool:
        """Whether the order is one of the past, which lets new ones go first."""
        return self.hint in (BACKFILL, AGAIN)
