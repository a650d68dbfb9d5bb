"""Stand-ins that behave like the real thing: a clock, and a table whose calls are atomic under threads."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any


class Clock:
    """A moment that stands still until somebody sleeps."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


class AtomicTable:
    """A table in moto, whose conditional writes are atomic under threads as DynamoDB's are."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self._lock = threading.Lock()

    def get_item(self, **arguments: Any) -> Any:
        return self._one_at_a_time(self._table.get_item, arguments)

    def update_item(self, **arguments: Any) -> Any:
        return self._one_at_a_time(self._table.update_item, arguments)

    def _one_at_a_time(self, call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        with self._lock:
            return call(**arguments)
