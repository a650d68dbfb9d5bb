"""What the duplicate watch remembers between two looks: one document in the ledger table, compressed, in parts.

The parts are written under a name of their own first and the record points to them last, so nobody sees half of one
look and half of another. Parts that nothing points to any more expire.
"""

import hashlib
import zlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from ..errors import RetryableError
from .duplicates import DuplicateWatch

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_PART_BYTES = 350_000
_PARTS_LIVE = timedelta(days=40)
_RECORD = {"pk": "DUPLICATES", "sk": "WATCH"}
_WATCH = TypeAdapter(DuplicateWatch)


class DuplicateStore:
    """The watch, as the last look left it."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def read(self) -> DuplicateWatch:
        """The watch; a new one if there was no look yet, or none for so long that it is forgotten."""
        record = self._table.get_item(Key=_RECORD, ConsistentRead=True).get("Item", {})
        revision = int(str(record.get("revision", 0)))
        keys = [_part(str(record["name"]), number) for number in range(int(str(record["parts"])))] if record else []
        items = [self._table.get_item(Key=key, ConsistentRead=True).get("Item") for key in keys]
        if not items or None in items:
            return DuplicateWatch(revision=revision)
        packed = b"".join(bytes(item["body"]) for item in items if item)  # type: ignore[arg-type]
        return replace(_WATCH.validate_json(zlib.decompress(packed)), revision=revision)

    def save(self, watch: DuplicateWatch, now: datetime) -> None:
        """Raises `RetryableError` if somebody else saved since `watch` was read."""
        packed = zlib.compress(_WATCH.dump_json(watch))
        name = hashlib.sha256(packed).hexdigest()[:16]
        parts = [packed[at : at + _PART_BYTES] for at in range(0, len(packed), _PART_BYTES)]
        expires_at = int((now + _PARTS_LIVE).timestamp())
        for number, part in enumerate(parts):
            self._table.put_item(Item=_part(name, number) | {"body": part, "expires_at": expires_at})
        try:
            self._table.put_item(
                Item=_RECORD | {"name": name, "parts": len(parts), "revision": watch.revision + 1},
                ConditionExpression="attribute_not_exists(pk) OR revision = :revision",
                ExpressionAttributeValues={":revision": watch.revision},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise RetryableError("WATCH_UNDER_WAY", "Another worker looks for duplicates now. Try again.") from None
        watch.revision += 1


def _part(name: str, number: int) -> dict[str, Any]:
    return {"pk": "DUPLICATES", "sk": f"PART#{name}#{number:04}"}
