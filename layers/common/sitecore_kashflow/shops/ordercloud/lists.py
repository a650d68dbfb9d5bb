"""OrderCloud's lists of orders and of returns, a page at a time: which there are, and nothing of what they say."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ...observability import LogCode, note
from ..shop import ListedOrder
from .client import OrdercloudClient

_SUBMITTED = {"IsSubmitted": "true"}
_AGREED = {"Status": "Open|Completed"}


class OrdercloudLists:
    """The orders that the seller sees."""

    def __init__(self, client: OrdercloudClient) -> None:
        self._client = client

    def changed_since(self, moment: datetime, last_id: str) -> Sequence[ListedOrder]:
        return self._list(last_id, {"LastUpdated": f">{_zulu(moment)}"})

    def returns_changed_since(self, moment: datetime, last_id: str) -> Sequence[ListedOrder]:
        """A return completes by itself, and no webhook tells of it (OC-51). Each is a version of its order."""
        agreed = self._client.returns_after(last_id, _AGREED | {"LastUpdated": f">{_zulu(moment)}"})
        rows = _readable(agreed, "ID", "OrderID")
        return [ListedOrder(row["OrderID"], _version_of(row), row["ID"]) for row in rows]

    def placed_between(self, first: datetime, last: datetime, last_id: str) -> Sequence[ListedOrder]:
        return self._list(last_id, {"DateSubmitted": (f"!<{_zulu(first)}", f"<{_zulu(last)}")})

    def _list(self, last_id: str, filters: Mapping[str, str | Sequence[str]]) -> Sequence[ListedOrder]:
        rows = _readable(self._client.orders_after(last_id, _SUBMITTED | dict(filters)), "ID")
        return [ListedOrder(row["ID"], row["LastUpdated"]) for row in rows]


def _readable(rows: Sequence[Any], *needed: str) -> list[dict[str, str]]:
    """The rows that say what is needed, each with that and its time as text."""
    named = [row for row in rows if isinstance(row, Mapping) and all(row.get(name) for name in needed)]
    if len(named) < len(rows):
        note(LogCode.ROWS_UNREADABLE, rows=len(rows) - len(named))
    return [{name: str(row.get(name) or "") for name in (*needed, "LastUpdated")} for row in named]


def _version_of(row: Mapping[str, str]) -> str:
    return f"{row['ID']} {row['LastUpdated']}" if row["LastUpdated"] else ""


def _zulu(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
