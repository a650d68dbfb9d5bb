"""Lists that come in pages, read so that no row is missed.

If a row is deleted between two pages, the rows behind it move forward, and one of them moves to the page that was read
already. A single page cannot hide a row in this way; a longer list is read until two readings agree.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import RetryableError

Row = Mapping[str, Any]
_MAX_READINGS = 4
_MAX_PASSES = 8


@dataclass(frozen=True)
class Reading:
    """A list as it was read once, in so many calls. `total`: how many rows it says that it has."""

    rows: list[dict[str, Any]]
    calls: int
    total: int = 0


def whole_list(read: Callable[[], Reading], key: Callable[[Row], Hashable], name: str) -> list[dict[str, Any]]:
    """All rows, each once. Raises `RetryableError` if the list changes too often: then it proves no absence.

    A reading is whole if the next one still has all its rows: a row that was deleted under way would be gone.
    """
    before = read()
    if before.calls == 1:
        return _once(before, key)
    for _ in range(_MAX_READINGS - 1):
        after = read()
        is_whole = {key(row) for row in before.rows} <= {key(row) for row in after.rows}
        if is_whole or after.calls == 1:
            return _once(after, key)
        before = after
    raise RetryableError("LIST_CHANGES", f"{name} changed each time it was read. Try again.")


def counted(read: Callable[[], Reading], key: Callable[[Row], Hashable], name: str) -> Reading:
    """A reading of a list whose rows change places between its pages: as many rows as it says that it has.

    It is read again until each was seen. Raises `RetryableError` if some never are.
    """
    seen = dict[Hashable, dict[str, Any]]()
    for _ in range(_MAX_PASSES):
        found = read()
        seen |= {key(row): row for row in found.rows}
        if found.calls == 1 or len(seen) >= found.total:
            return Reading(list(seen.values()), found.calls, found.total)
    raise RetryableError("LIST_CHANGES", f"{name} did not show all of its rows. Try again.")


def _once(reading: Reading, key: Callable[[Row], Hashable]) -> list[dict[str, Any]]:
    return list({key(row): row for row in reading.rows}.values())
