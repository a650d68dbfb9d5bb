"""KashFlow's own lists as they were last read: one item of the ledger table, shared by all workers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import simplejson

from ...tables.items import Items, moment_text
from ...tables.parts import PART_BYTES, pack, unpack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_KEY = {"pk": "ACCOUNT#KASHFLOW", "sk": "LISTS"}


@dataclass(frozen=True)
class AccountLists:
    """Lists by name, with exact decimals; None for a list that we may not read. `read_at` is aware UTC."""

    lists: Mapping[str, Any]
    read_at: datetime


class AccountStore:
    """Shares the lists, and lets one worker at a time read them from KashFlow."""

    def __init__(self, table: "Table") -> None:
        self._items = Items(table)

    def read(self) -> AccountLists | None:
        """The lists as last read, or None."""
        item = self._items.read(_KEY) or {}
        if "body" not in item:
            return None
        text = unpack(bytes(item["body"]))
        return AccountLists(simplejson.loads(text, use_decimal=True), datetime.fromisoformat(str(item["read_at"])))

    def claim_reading(self, since: datetime, now: datetime, seconds: int) -> bool:
        """Claim the reading of lists older than `since`, for `seconds`. False if another worker has claimed it."""
        taken = self._items.update(
            _KEY,
            "SET reading_until = :until",
            {
                ":until": moment_text(now + timedelta(seconds=seconds)),
                ":since": moment_text(since),
                ":now": moment_text(now),
            },
            condition="(attribute_not_exists(read_at) OR read_at < :since) AND "
            "(attribute_not_exists(reading_until) OR reading_until < :now)",
        )
        return taken is not None

    def release_reading(self) -> None:
        """End the claim without a result: another worker may read the lists."""
        self._items.update(_KEY, "REMOVE reading_until")

    def save(self, lists: Mapping[str, Any], now: datetime) -> AccountLists:
        """Share the lists and end the claim. Lists that are too long for one item are not shared."""
        packed = pack(simplejson.dumps(lists, use_decimal=True).encode())
        if len(packed) <= PART_BYTES:
            self._items.put(_KEY | {"body": packed, "read_at": moment_text(now)})
        return AccountLists(lists, now)
