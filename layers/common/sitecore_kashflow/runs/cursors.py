"""How far the looks through a list of orders have come: one item of the ledger table for each."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ..errors import RetryableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True)
class Cursor:
    """A look at the orders since `since` (and before `until`, if given) that has come to `last_id`.

    `began_at` is when this look began, None between two looks. `revision` grows with every save.
    """

    name: str
    since: datetime
    until: datetime | None = None
    last_id: str = ""
    began_at: datetime | None = None
    revision: int = 0


class CursorStore:
    """Cursors by name."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def read(self, name: str) -> Cursor | None:
        """The cursor, or None if there was no such look yet."""
        item = self._table.get_item(Key=_key(name), ConsistentRead=True).get("Item")
        if item is None:
            return None
        return Cursor(
            name=name,
            since=datetime.fromisoformat(str(item["since"])),
            until=datetime.fromisoformat(str(item["until"])) if "until" in item else None,
            last_id=str(item["last_id"]),
            began_at=datetime.fromisoformat(str(item["began_at"])) if "began_at" in item else None,
            revision=int(str(item["revision"])),
        )

    def save(self, cursor: Cursor) -> Cursor:
        """Raises `RetryableError` if another worker moved the cursor since it was read."""
        saved = replace(cursor, revision=cursor.revision + 1)
        item: dict[str, Any] = _key(cursor.name) | {
            "since": _text(saved.since),
            "last_id": saved.last_id,
            "revision": saved.revision,
        }
        moments = {"until": saved.until, "began_at": saved.began_at}
        item |= {name: _text(moment) for name, moment in moments.items() if moment is not None}
        try:
            self._table.put_item(
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR revision = :revision",
                ExpressionAttributeValues={":revision": cursor.revision},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise RetryableError("SWEEP_UNDER_WAY", "Another worker is looking through the orders.") from None
        return saved


def _key(name: str) -> dict[str, str]:
    return {"pk": f"SWEEP#{name}", "sk": "CURSOR"}


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
