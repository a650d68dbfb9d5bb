"""The shop's own rules as they were last in force, in the ledger: for when AppConfig no longer has them."""

import hashlib
from typing import TYPE_CHECKING

from ..errors import PermanentError
from ..observability import LogCode, Metric, count, note
from ..tables.items import Items
from ..tables.parts import Parts, read_all, read_parts, write_parts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_PK = "RULES"
_RECORD = {"pk": _PK, "sk": "LAST"}


class KeptRules:
    """One document, in parts, which never expire, and the record that points to them."""

    def __init__(self, table: "Table") -> None:
        self._items = Items(table)

    def keep(self, text: str) -> None:
        """Remember a document that is in force, unless it is the one that is remembered."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        record = self._items.read(_RECORD)
        if record is None or record["digest"] != digest:
            parts = write_parts(self._items.put, _PK, "PART", text.encode(), expires_at=None)
            self._items.put(_RECORD | {"digest": digest, "parts": parts.name, "count": parts.count})

    def texts(self) -> list[str]:
        """Every document that was ever in force."""
        return [one.value.decode() for one in read_all(self._items, _PK, "PART")]

    def recall(self) -> str:
        """The document that was last in force; empty if there never was one."""
        record = self._items.read(_RECORD)
        if record is None:
            return ""
        body = read_parts(self._items, Parts(_PK, str(record["parts"]), int(str(record["count"]))))
        if body is None:
            raise PermanentError("RULES_GONE", "Neither AppConfig nor the ledger has the rules. Publish them again.")
        count(Metric.RULES_MISSING)
        note(LogCode.RULES_MISSING, digest=str(record["digest"])[:16])
        return body.decode()
