"""How far each scan of a list has got: one item of the ledger table for each."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ..errors import RetryableError
from ..tables.items import Item, Items, moment_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True)
class Cursor:
    """A scan of what happened since `since` (and before `until`, if given) that has got to `last_id`.

    `began_at` is when this scan began; None between two scans. `found` is how many it has found so far. `revision`
    grows with every save.
    """

    name: str
    since: datetime
    until: datetime | None = None
    last_id: str = ""
    began_at: datetime | None = None
    found: int = 0
    revision: int = 0


class CursorStore:
    """Cursors by name."""

    def __init__(self, table: "Table") -> None:
        self._items = Items(table)

    def read(self, name: str) -> Cursor | None:
        """The cursor, or None if there was no such scan yet."""
        item = self._items.read(_key(name))
        if item is None:
            return None
        return Cursor(
            name=name,
            since=datetime.fromisoformat(str(item["since"])),
            until=datetime.fromisoformat(str(item["until"])) if "until" in item else None,
            last_id=str(item["last_id"]),
            began_at=datetime.fromisoformat(str(item["began_at"])) if "began_at" in item else None,
            found=int(str(item.get("found", 0))),
            revision=int(str(item["revision"])),
        )

    def save(self, cursor: Cursor) -> Cursor:
        """Save the cursor. Raises `RetryableError` if another worker has moved it since it was read."""
        saved = replace(cursor, revision=cursor.revision + 1)
        item: Item = _key(cursor.name) | {
            "since": moment_text(saved.since),
            "last_id": saved.last_id,
            "found": saved.found,
            "revision": saved.revision,
        }
        moments = {"until": saved.until, "began_at": saved.began_at}
        item |= {name: moment_text(moment) for name, moment in moments.items() if moment is not None}
        is_saved = self._items.put_if(
            item,
            "attribute_not_exists(pk) OR revision = :revision",
            {":revision": cursor.revision},
        )
        if not is_saved:
            raise RetryableError("SWEEP_UNDER_WAY", "Another worker is scanning the orders.")
        return saved


def _key(name: str) -> dict[str, str]:
    return {"pk": f"SWEEP#{name}", "sk": "CURSOR"}
