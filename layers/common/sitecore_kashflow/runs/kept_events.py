"""Events of subjects that cannot be read again from their source: the newest event of each is kept."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..tables.items import Items, moment_text
from ..tables.parts import Parts, read_parts, write_parts
from .subject import Subject

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_KEPT_FOR = timedelta(days=400)


class KeptEvents:
    """The newest body of each subject, compressed, in parts."""

    def __init__(self, table: "Table") -> None:
        self._items = Items(table)

    def keep(self, subject: Subject, body: bytes, now: datetime) -> None:
        """Keep a body before its envelope is sent. It replaces the earlier one."""
        parts = write_parts(self._items.put, subject.pk, "EVENT", body, now + _KEPT_FOR)
        fields = {"body_name": parts.name, "body_parts": parts.count, "kept_at": moment_text(now)}
        self._items.put(_key(subject) | fields)

    def newest(self, subject: Subject) -> bytes | None:
        """The newest body, or None if none was kept."""
        item = self._items.read(_key(subject))
        if item is None:
            return None
        return read_parts(self._items, Parts(subject.pk, str(item["body_name"]), int(str(item["body_parts"]))))


def _key(subject: Subject) -> dict[str, str]:
    return {"pk": subject.pk, "sk": "EVENT"}
