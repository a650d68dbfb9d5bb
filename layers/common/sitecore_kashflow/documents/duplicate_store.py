"""What the duplicate watch remembers between two checks: one compressed value in the ledger table, in parts."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from ..errors import RetryableError
from ..tables.items import Items
from ..tables.parts import Parts, read_parts, write_parts
from .duplicates import DuplicateWatch

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_KEPT_FOR = timedelta(days=40)
_RECORD = {"pk": "DUPLICATES", "sk": "WATCH"}
_WATCH = TypeAdapter(DuplicateWatch)


class DuplicateStore:
    """The watch, as the last check left it."""

    def __init__(self, table: "Table") -> None:
        self._items = Items(table)

    def read(self) -> DuplicateWatch:
        """The watch; a new one if there was no check yet, or none for so long that the old one has expired."""
        record = self._items.read(_RECORD)
        if record is None:
            return DuplicateWatch()
        revision = int(str(record["revision"]))
        packed = read_parts(self._items, Parts(_RECORD["pk"], str(record["name"]), int(str(record["parts"]))))
        watch = DuplicateWatch() if packed is None else _WATCH.validate_json(packed)
        return replace(watch, revision=revision)

    def save(self, watch: DuplicateWatch, now: datetime) -> None:
        """Save the watch. Raises `RetryableError` if another worker has saved since `watch` was read."""
        parts = write_parts(self._items.put, _RECORD["pk"], "PART", _WATCH.dump_json(watch), now + _KEPT_FOR)
        is_saved = self._items.put_if(
            _RECORD | {"name": parts.name, "parts": parts.count, "revision": watch.revision + 1},
            "attribute_not_exists(pk) OR revision = :revision",
            {":revision": watch.revision},
        )
        if not is_saved:
            raise RetryableError("WATCH_UNDER_WAY", "Another worker is checking for duplicates. Try again.")
        watch.revision += 1
