"""KashFlow's own lists as some worker read them last: one item of the ledger table, so that others need not ask."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import simplejson
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_KEY = {"pk": "ACCOUNT#KASHFLOW", "sk": "LISTS"}
_MOST_BYTES = 350_000


@dataclass(frozen=True)
class AccountLists:
    """Lists by name, with exact decimals; None for one that the account does not let us read. `read_at`: aware UTC."""

    lists: Mapping[str, Any]
    read_at: datetime


class AccountStore:
    """The lists, and whose turn it is to read them."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def read(self) -> AccountLists | None:
        """What was read last, or None."""
        item = self._table.get_item(Key=_KEY, ConsistentRead=True).get("Item", {})
        if "body" not in item:
            return None
        text = zlib.decompress(bytes(item["body"]))  # type: ignore[arg-type]
        return AccountLists(simplejson.loads(text, use_decimal=True), datetime.fromisoformat(str(item["read_at"])))

    def take_reading(self, since: datetime, now: datetime, seconds: int) -> bool:
        """Claim the one reading of lists that are older than `since`, for `seconds`. False if somebody else has it."""
        try:
            self._table.update_item(
                Key=_KEY,
                UpdateExpression="SET reading_until = :until",
                ConditionExpression="(attribute_not_exists(read_at) OR read_at < :since) AND "
                "(attribute_not_exists(reading_until) OR reading_until < :now)",
                ExpressionAttributeValues={
                    ":until": _text(now + timedelta(seconds=seconds)),
                    ":since": _text(since),
                    ":now": _text(now),
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def give_up_reading(self) -> None:
        """Nobody is reading any more; the next one may."""
        self._table.update_item(Key=_KEY, UpdateExpression="REMOVE reading_until")

    def save(self, lists: Mapping[str, Any], now: datetime) -> AccountLists:
        """Share what was read and give the reading back. Lists that are too long for an item are not shared."""
        packed = zlib.compress(simplejson.dumps(lists, use_decimal=True).encode(), 9)
        if len(packed) <= _MOST_BYTES:
            self._table.put_item(Item=_KEY | {"body": packed, "read_at": _text(now)})
        return AccountLists(lists, now)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
