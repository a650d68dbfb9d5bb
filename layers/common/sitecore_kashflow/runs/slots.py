"""Slots: how many runs may be under way at once. One record of the ledger table says which subjects have one.

A slot is a valve and nothing else: no promise about documents rests on it. Other work goes first: background work gets
a slot only while some are left over for other work, and none while other work waits for one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from ..tables.items import Items, moment_text
from .subject import Subject, subject_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_KEY = {"pk": "SLOTS", "sk": "CURRENT"}
_HOLDER = "#"
_RUN_SECONDS, _CALLS_OF_A_RUN, _CALL_SECONDS = 3, 2, 0.5
_SOME_MORE = 2
_WAITS_FOR = timedelta(seconds=3)


@dataclass(frozen=True)
class Limit:
    """The most runs under way; background work leaves `kept` of them to other work."""

    runs: int
    kept: int

    def of(self, *, is_background: bool) -> int:
        return self.runs - self.kept if is_background else self.runs


def limit_for(calls_per_second: float, parallel_calls: int, runs: int = 0) -> Limit:
    """As many runs as use up a call budget, and a few more; or the number that is given."""
    rate = min(calls_per_second, parallel_calls / _CALL_SECONDS)
    most = runs or _SOME_MORE + ceil(rate * _RUN_SECONDS / _CALLS_OF_A_RUN)
    return Limit(most, kept=max(1, most // 4) if most > 1 else 0)


@dataclass(frozen=True)
class SlotRecord:
    """The shared record."""

    item: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def is_free(self, limit: Limit, now: datetime, *, is_background: bool) -> bool:
        """Whether there is a slot for this kind of work."""
        is_held_up = is_background and moment_text(now) < self._others_wait_until
        return not is_held_up and int(self.item.get("taken", 0)) < limit.of(is_background=is_background)

    def lets_others_go_first(self, now: datetime) -> bool:
        """Whether background work gets no slot for some time yet."""
        return moment_text(now + _WAITS_FOR / 2) <= self._others_wait_until

    @property
    def _others_wait_until(self) -> str:
        return str(self.item.get("others_wait_until", ""))

    def taken_before(self, moment: datetime) -> list[tuple[Subject, str]]:
        """The subjects that have had a slot for long, and since when."""
        text = moment_text(moment)
        return [
            (subject_of(name), str(since)) for name, since in self.item.items() if _HOLDER in name and str(since) < text
        ]


class Slots:
    """The record of slots, within a limit."""

    def __init__(self, table: "Table", limit: Limit) -> None:
        self._items = Items(table)
        self.limit = limit

    def read(self) -> SlotRecord:
        return SlotRecord(self._items.read(_KEY) or {})

    def take(self, subject: Subject, now: datetime, *, is_background: bool) -> bool:
        """Take a slot for a subject's run. False if none is free for this kind of work.

        A subject that has one already keeps it: an earlier worker took it and died before it started the run.
        """
        waits = "(attribute_not_exists(others_wait_until) OR others_wait_until <= :now)"
        condition = "attribute_not_exists(#subject) AND (attribute_not_exists(taken) OR taken < :limit)"
        values = {":one": 1, ":now": moment_text(now), ":limit": self.limit.of(is_background=is_background)}
        return self._take(subject, values, f"{condition} AND {waits}" if is_background else condition)

    def take_anyway(self, subject: Subject, now: datetime) -> None:
        """Take a slot for a run that goes on, even if none is free: a person has decided so."""
        self._take(subject, {":one": 1, ":now": moment_text(now)}, "attribute_not_exists(#subject)")

    def _take(self, subject: Subject, values: Mapping[str, Any], condition: str) -> bool:
        item = self._items.update(
            _KEY,
            "SET #subject = :now ADD taken :one",
            values,
            condition=condition,
            names={"#subject": subject.pk},
        )
        return item is not None or subject.pk in self.read().item

    def release(self, subject: Subject, since: str = "") -> None:
        """Give a subject's slot back, or only if it has had it `since` then."""
        self._items.update(
            _KEY,
            "REMOVE #subject ADD taken :less",
            {":less": -1} | ({":since": since} if since else {}),
            condition="#subject = :since" if since else "attribute_exists(#subject)",
            names={"#subject": subject.pk},
        )

    def let_others_go_first(self, now: datetime) -> None:
        """Background work gets no slot for a moment, because other work waits for one."""
        until = moment_text(now + _WAITS_FOR)
        self._items.update(_KEY, "SET others_wait_until = :until", {":until": until})
