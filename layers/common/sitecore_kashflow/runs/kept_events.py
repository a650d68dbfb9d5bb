"""Events of subjects that cannot be read again from their source: the newest event of each is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..tables.items import Items, moment_text
from ..tables.parts import Parts, read_parts, write_parts
from .subject import Subject

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_KEPT_FOR = timedelta(days=400)


@dataclass(frozen=True)
class Kept:
    """The whole of a subject, as an event brought it. `version` grows with every change of it in its source.

    Events come late, twice and out of order: by the version, and not by when it came, an event is newer than another.
    """

    body: bytes
    version: int


class KeptEvents:
    """The newest body of each subject, compressed, in parts."""

    def __init__(self, table: "Table") -> None:
        self._items = Items(table)

    def keep(self, subject: Subject, kept: Kept, now: datetime) -> bool:
        """Keep a body before its envelope is sent. False if one of this version, or a newer one, is kept already."""
        parts = write_parts(self._items.put, subject.pk, "EVENT", kept.body, now + _KEPT_FOR)
        fields = {"body_name": parts.name, "body_parts": parts.count, "kept_at": moment_text(now)}
        return self._items.put_if(
            _key(subject) | fields | {"body_version": kept.version},
            "attribute_not_exists(body_version) OR body_version < :version",
            {":version": kept.version},
        )

    def newest(self, subject: Subject) -> Kept | None:
        """The newest body, or None if none was kept or it has expired."""
        item = self._items.read(_key(subject))
        if item is None:
            return None
        parts = Parts(subject.pk, str(item["body_name"]), int(str(item["body_parts"])))
        body = read_parts(self._items, parts)
        return None if body is None else Kept(body, int(str(item["body_version"])))


def _key(subject: Subject) -> dict[str, str]:
    return {"pk": subject.pk, "sk": "EVENT"}
