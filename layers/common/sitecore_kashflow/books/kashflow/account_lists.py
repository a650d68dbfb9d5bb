"""What is known of the KashFlow account: its lists as they were last read, and what it does with VAT.

Two items of the ledger table, shared by all workers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import simplejson

from ...plan.vat_amounts import VatAmounts
from ...tables.items import Items, moment_text
from ...tables.parts import PART_BYTES, pack, unpack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_KEY = {"pk": "ACCOUNT#KASHFLOW", "sk": "LISTS"}
_VAT_KEY = {"pk": "ACCOUNT#KASHFLOW", "sk": "VAT"}


@dataclass(frozen=True)
class AccountLists:
    """Lists by name, with exact decimals; None for a list that we may not read. `read_at` is aware UTC."""

    lists: Mapping[str, Any]
    read_at: datetime


@dataclass(frozen=True)
class VatSeen:
    """What the account does with the VAT of a line, by which invoice, and when that was seen (aware UTC)."""

    amounts: VatAmounts
    invoice_number: int
    seen_at: datetime


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

    def vat_seen(self) -> VatSeen | None:
        """What the account does with VAT, or None while nobody knows."""
        item = self._items.read(_VAT_KEY) or {}
        if "amounts" not in item:
            return None
        seen_at = datetime.fromisoformat(str(item["seen_at"]))
        return VatSeen(VatAmounts(str(item["amounts"])), int(item["number"]), seen_at)

    def note_vat(self, seen: VatSeen) -> None:
        """Remember it for all workers."""
        fields = {"amounts": seen.amounts.value, "number": seen.invoice_number, "seen_at": moment_text(seen.seen_at)}
        self._items.put(_VAT_KEY | fields)

    def forget_vat(self) -> None:
        """Let the next invoice that needs rounding find out again."""
        self._items.update(_VAT_KEY, "REMOVE amounts")
