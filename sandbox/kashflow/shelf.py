"""A shelf of records that also knows what it held a moment ago."""

from collections.abc import Callable, Hashable, Iterator
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sandbox.kashflow.reading import Record

K = TypeVar("K", bound=Hashable)

_MEMORY = timedelta(seconds=120)


class Shelf(Generic[K]):
    """Records by key, in order of arrival. A record on the shelf is never changed, only replaced."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._records: dict[K, Record] = {}
        self._versions: dict[K, list[tuple[datetime, Record | None]]] = {}

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records.values())

    def __contains__(self, key: K) -> bool:
        return key in self._records

    def get(self, key: K) -> Record | None:
        """The record, or None."""
        return self._records.get(key)

    def put(self, key: K, record: Record) -> None:
        """Lay a new record down, or in the place of the old one."""
        self._records[key] = record
        self._remember(key, record)

    def remove(self, key: K) -> None:
        """Take a record away."""
        del self._records[key]
        self._remember(key, None)

    def as_of(self, moment: datetime) -> list[Record]:
        """What lay here at that moment, at most two minutes ago."""
        held = []
        for versions in self._versions.values():
            known = [record for at, record in versions if at <= moment]
            if known and known[-1] is not None:
                held.append(known[-1])
        return held

    def _remember(self, key: K, record: Record | None) -> None:
        now = self._clock()
        versions = self._versions.setdefault(key, [])
        versions.append((now, record))
        while len(versions) > 1 and versions[1][0] < now - _MEMORY:
            versions.pop(0)
