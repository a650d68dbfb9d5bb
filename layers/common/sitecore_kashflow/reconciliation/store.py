"""What a comparison has gathered so far, and what the last ones came to: compressed values in the ledger table."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter

from ..errors import RetryableError
from ..tables.items import Items, moment_text
from ..tables.parts import Parts, read_parts, write_parts
from .progress import Pass
from .values import Agreement

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_PK = "RECONCILIATION"
_BEGAN = {"pk": _PK, "sk": "BEGAN"}
_PASS_KEPT_FOR, _MONTH_KEPT_FOR = timedelta(days=7), timedelta(days=400)
_PASS = TypeAdapter(Pass)
_AGREEMENT = TypeAdapter(Agreement)

Value = TypeVar("Value")


class ReconciliationStore:
    """The pass that is under way, and the last agreement of each month by its name, such as `2026-11`."""

    def __init__(self, table: "Table") -> None:
        self._items = Items(table)

    def under_way(self) -> Pass | None:
        """The pass that was begun last, as the last call left it; None if there is none."""
        found = self._read("PASS", _PASS)
        return None if found is None else replace(found[0], revision=found[1])

    def save(self, gathered: Pass, now: datetime) -> None:
        """Save the pass. Raises `RetryableError` if another worker has saved since it was read."""
        self._write("PASS", _PASS.dump_json(gathered), now + _PASS_KEPT_FOR, gathered.revision)
        gathered.revision += 1

    def began(self, now: datetime) -> datetime:
        """The moment of the first comparison: which orders there were before that, the bridge need not know."""
        told = moment_text(now)
        unknown = "attribute_not_exists(pk) OR began_at = :now"
        if self._items.put_if(_BEGAN | {"began_at": told}, unknown, {":now": told}):
            return now
        found = self._items.read(_BEGAN)
        return datetime.fromisoformat(str(found["began_at"])) if found else now

    def last(self, month: str) -> Agreement | None:
        """What the last comparison of a month came to."""
        found = self._read(f"MONTH#{month}", _AGREEMENT)
        return None if found is None else found[0]

    def keep(self, month: str, found: Agreement, now: datetime) -> None:
        """Keep what the comparison of a month came to, in the place of what was known."""
        record = self._items.read({"pk": _PK, "sk": f"MONTH#{month}"})
        revision = int(str((record or {}).get("revision", 0)))
        self._write(f"MONTH#{month}", _AGREEMENT.dump_json(found), now + _MONTH_KEPT_FOR, revision)

    def _read(self, name: str, adapter: "TypeAdapter[Value]") -> tuple[Value, int] | None:
        record = self._items.read({"pk": _PK, "sk": name})
        if record is None:
            return None
        packed = read_parts(self._items, Parts(_PK, str(record["name"]), int(str(record["parts"]))))
        return None if packed is None else (adapter.validate_json(packed), int(str(record["revision"])))

    def _write(self, name: str, value: bytes, expires_at: datetime, revision: int) -> None:
        parts = write_parts(self._items.put, _PK, f"PART#{name}", value, expires_at)
        item: dict[str, Any] = {"pk": _PK, "sk": name, "name": parts.name, "parts": parts.count}
        is_saved = self._items.put_if(
            item | {"revision": revision + 1, "expires_at": int(expires_at.timestamp())},
            "attribute_not_exists(pk) OR revision = :revision",
            {":revision": revision},
        )
        if not is_saved:
            raise RetryableError("RECONCILIATION_UNDER_WAY", "Another worker is comparing the books. Try again.")
