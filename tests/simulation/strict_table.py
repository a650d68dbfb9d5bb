"""A table as DynamoDB may show it: reads that are late, an index behind its table, small pages, items that expire."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.simulation.conditions import Conditions
from tests.simulation.dynamo import Item, MemoryTable, copied

At = tuple[Any, ...]


@dataclass(frozen=True)
class Time:
    """The clock, chance, and `later(seconds, happen)`."""

    clock: Callable[[], datetime]
    later: Callable[[float, Callable[[], None]], None]
    random: Random


class StrictTable(MemoryTable):
    """Writes and consistent reads are as ever; every other read sees the table as it was a little while ago."""

    def __init__(self, name: str, keys: tuple[str, ...], expires: str, conditions: Conditions, time: Time) -> None:
        """`expires` is the attribute in which an item says until when it is wanted."""
        super().__init__(name, keys)
        self._expires, self._conditions, self._time = expires, conditions, time
        self._versions: dict[At, list[tuple[datetime, Item | None]]] = {}

    def _put(self, at: At, item: Item) -> None:
        super()._put(at, item)
        self._remember(at, item)
        if self._conditions.expiry_lag_seconds is not None and self._expires in item:
            left = float(item[self._expires]) - self._time.clock().timestamp()
            lag = self._conditions.expiry_lag_seconds * self._time.random.random()
            self._time.later(max(0, left) + lag, lambda: self._expire(at))

    def _remove(self, at: At) -> None:
        super()._remove(at)
        self._remember(at, None)

    def _expire(self, at: At) -> None:
        until = self.items.get(at, {}).get(self._expires)
        if until is not None and until <= self._time.clock().timestamp():
            self._remove(at)

    def _remember(self, at: At, item: Item | None) -> None:
        """Of versions so old that no read can show them, only the last is kept."""
        versions = self._versions.setdefault(at, [])
        versions.append((self._time.clock(), item))
        oldest = max(self._conditions.stale_seconds, self._conditions.index_lag_seconds)
        shown = bisect_right(versions, self._ago(oldest), key=lambda version: version[0])
        del versions[: max(0, shown - 1)]

    def _seen(self, at: At, is_consistent: bool) -> Item | None:
        return (
            super()._seen(at, is_consistent)
            if is_consistent
            else self._as_of(at, self._some_time_ago(self._conditions.stale_seconds))
        )

    def _rows(self, partition: Any, *, is_consistent: bool) -> Iterable[Item]:
        if is_consistent:
            return super()._rows(partition, is_consistent=True)
        is_index, conditions = partition is None, self._conditions
        moment = self._some_time_ago(conditions.index_lag_seconds if is_index else conditions.stale_seconds)
        keys = list(self._versions if is_index else self._partitions.get(partition, ()))
        return [item for at in keys if (item := self._as_of(at, moment)) is not None]

    def _some_time_ago(self, longest: float) -> datetime:
        return self._ago(longest * self._time.random.random())

    def _ago(self, seconds: float) -> datetime:
        return self._time.clock() - timedelta(seconds=seconds)

    def _as_of(self, at: At, moment: datetime) -> Item | None:
        versions = self._versions.get(at, [])
        shown = bisect_right(versions, moment, key=lambda version: version[0])
        return versions[shown - 1][1] if shown else None

    def _page(self, found: list[Item], order: str, more: Item) -> Item:
        """A page that is full says where it ended, though nothing may follow."""

        def place(item: Item) -> tuple[str, ...]:
            return tuple(str(item[name]) for name in (order, *self.keys))

        found = sorted(found, key=place)
        if "ExclusiveStartKey" in more:
            found = found[bisect_right(found, place(more["ExclusiveStartKey"]), key=place) :]
        size = min(filter(None, (more.get("Limit"), self._conditions.page_items)), default=0)
        if not size or len(found) < size:
            return {"Items": list(map(copied, found))}
        last = found[size - 1]
        where = {name: last[name] for name in {*self.keys, order, *(("state",) if order not in self.keys else ())}}
        return {"Items": list(map(copied, found[:size])), "LastEvaluatedKey": where}
