"""How often each route was called."""

from collections import Counter
from threading import Lock
from typing import Any


class Calls:
    """Counts by route, for example `POST /v2/invoices`."""

    def __init__(self) -> None:
        self._by_route: Counter[str] = Counter()
        self._lock = Lock()

    def count(self, route: str) -> None:
        """One more call of this route."""
        with self._lock:
            self._by_route[route] += 1

    def report(self) -> dict[str, Any]:
        """`{"total": 3, "by_route": {"POST /v2/invoices": 3}}`."""
        with self._lock:
            return {"total": self._by_route.total(), "by_route": dict(self._by_route)}

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._by_route.clear()
