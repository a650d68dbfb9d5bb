"""What the bridge asks OrderCloud's list for."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sitecore_kashflow.shops.ordercloud.lists import OrdercloudLists

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ONE = datetime(2026, 11, 20, 13, tzinfo=UTC)


class Client:
    """Remembers the filters that it was asked with."""

    def __init__(self, *rows: Any) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self._rows = list(rows)

    def orders_after(self, _last_id: str, filters: Mapping[str, Any]) -> list[Any]:
        self.asked.append(filters)
        return self._rows


def test_only_submitted_orders_are_listed() -> None:
    """A cart is nobody's order yet, however often it changes."""
    client = Client()
    lists = OrdercloudLists(client)  # type: ignore[arg-type]
    lists.changed_since(NOON, "")
    lists.placed_between(NOON, ONE, "")
    assert client.asked == [
        {"IsSubmitted": "true", "LastUpdated": ">2026-11-20T12:00:00.000Z"},
        {"IsSubmitted": "true", "DateSubmitted": ("!<2026-11-20T12:00:00.000Z", "<2026-11-20T13:00:00.000Z")},
    ]


def test_rows_without_an_id_do_not_stop_the_others() -> None:
    odd = {"ID": "SO-1", "LastUpdated": "2026-11-20T12:00:00", "DateSubmitted": "yesterday", "Total": "a lot"}
    client = Client({"ID": None}, odd, "no row", {"LastUpdated": "2026-11-20T12:00:00Z"})
    lists = OrdercloudLists(client)  # type: ignore[arg-type]
    assert [order.id for order in lists.changed_since(NOON, "")] == ["SO-1"]


def test_a_row_without_its_time_has_no_version() -> None:
    client = Client(
        {"ID": "SO-1", "LastUpdated": "2026-11-20T12:00:00Z"}, {"ID": "SO-2", "LastUpdated": None}, {"ID": "SO-3"}
    )
    lists = OrdercloudLists(client)  # type: ignore[arg-type]
    assert [order.version for order in lists.changed_since(NOON, "")] == ["2026-11-20T12:00:00Z", "", ""]
