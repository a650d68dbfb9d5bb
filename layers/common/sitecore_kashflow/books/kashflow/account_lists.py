"""KashFlow's own lists as some worker read them last: one item of the ledger table, so that others need not ask."""

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
    """Lists by name, with exact decimals; None for one that the account does not let us read. `read_at`: aware UTC."""

    lists: Mapping[str, Any]
    read_at: datetime


class AccountStore:
    """The lists, and whose turn it is to read them."""

    def __init__(self, table: "Table") -> None:
        self._items = Items(table)

    def read(self) -> AccountLists | None:
        """What was read last, or None."""
        item = self._items.read(_KEY) or {}
        if "body" not in item:
            return None
        text = unpack(bytes(item["body"]))
        return AccountLists(simplejson.loads(text, use_decimal=True), datetime.fromisoformat(str(item["read_at"])))

    def take_reading(self, since: datetime, now: datetime, seconds: int) -> bool:
        """Claim the one reading of lists that are older than `since`, for `seconds`. False if somebody else has it."""
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

    def give_up_reading(self) -> None:
        """Nobody is reading any more; the next one may."""
        self._items.update(_KEY, "REMOVE reading_until")

    def save(self, lists: Mapping[str, Any], now: datetime) -> AccountLists:
        """Share what was read and give the reading back. Lists that are too long for an item are not shared."""
        packed = pack(simplejson.dumps(lists, use_decimal=True).encode())
        if len(packed) <= PART_BYTES:
            self._items.put(_KEY | {"body": packed, "read_at": moment_text(now)})
        return AccountLists(lists, now)
