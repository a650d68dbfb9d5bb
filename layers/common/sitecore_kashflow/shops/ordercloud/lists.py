"""OrderCloud's lists of orders, a page at a time: which orders there are, and nothing of what they say."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ...observability import LogCode, note
from ..shop import ListedOrder
from .client import OrdercloudClient

_SUBMITTED = {"IsSubmitted": "true"}


class OrdercloudLists:
    """The orders that the seller sees."""

    def __init__(self, client: OrdercloudClient) -> None:
        self._client = client

    def changed_since(self, moment: datetime, last_id: str) -> Sequence[ListedOrder]:
        return self._list(last_id, {"LastUpdated": f">{_zulu(moment)}"})

    def placed_between(self, first: datetime, last: datetime, last_id: str) -> Sequence[ListedOrder]:
        return self._list(last_id, {"DateSubmitted": (f"!<{_zulu(first)}", f"<{_zulu(last)}")})

    def _list(self, last_id: str, filters: Mapping[str, str | Sequence[str]]) -> Sequence[ListedOrder]:
        rows = self._client.orders_after(last_id, _SUBMITTED | dict(filters))
        named = [row for row in rows if isinstance(row, Mapping) and row.get("ID")]
        if len(named) < len(rows):
            note(LogCode.ROWS_UNREADABLE, rows=len(rows) - len(named))
        return [ListedOrder(str(row["ID"]), str(row.get("LastUpdated") or "")) for row in named]


def _zulu(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
