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
        self.asked_of_returns: list[tuple[str, Mapping[str, Any]]] = []
        self.returns: list[Any] = []
        self._rows = list(rows)

    def orders_after(self, last_id: str, filters: Mapping[str, Any]) -> list[Any]:
        self.asked.append(filters)
        return [] if last_id else self._rows

    def returns_after(self, last_id: str, filters: Mapping[str, Any]) -> list[Any]:
        self.asked_of_returns.append((last_id, filters))
        return [] if last_id else self.returns


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


RETURNS = [
    {"ID": "ret-1", "OrderID": "SO-1", "LastUpdated": "2026-11-20T12:30:00Z"},
    {"ID": "ret-2", "OrderID": "SO-1", "LastUpdated": "2026-11-20T12:30:00Z"},
    {"ID": "ret-3", "OrderID": None},
    {"ID": "ret-4", "OrderID": "SO-9"},
]


def test_orders_of_changed_returns_are_listed_in_order_of_the_return() -> None:
    """A return may complete by itself, which changes no order and fires no webhook."""
    client = Client({"ID": "SO-5", "LastUpdated": "2026-11-20T12:00:00Z"})
    client.returns = RETURNS
    lists = OrdercloudLists(client)  # type: ignore[arg-type]
    last_id, listed = "", list[str]()
    while page := lists.returns_changed_since(NOON, last_id):
        listed += [order.id for order in page]
        last_id = page[-1].place
    assert listed == ["SO-1", "SO-1", "SO-9"]
    agreed = {"Status": "Open|Completed", "LastUpdated": ">2026-11-20T12:00:00.000Z"}
    assert client.asked_of_returns == [("", agreed), ("ret-4", agreed)]
    assert client.asked == []


def test_each_return_of_an_order_is_a_change_of_its_own() -> None:
    client = Client()
    client.returns = RETURNS
    lists = OrdercloudLists(client)  # type: ignore[arg-type]
    first, second, timeless = lists.returns_changed_since(NOON, "")
    assert len({first.version, second.version, "2026-11-20T12:30:00Z"}) == 3
    assert timeless.version == ""


def test_a_list_without_any_change_costs_one_call() -> None:
    client = Client()
    lists = OrdercloudLists(client)  # type: ignore[arg-type]
    assert (lists.changed_since(NOON, ""), lists.returns_changed_since(NOON, "")) == ([], [])
    assert (len(client.asked), len(client.asked_of_returns)) == (1, 1)
