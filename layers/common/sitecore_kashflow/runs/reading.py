"""What is known of subjects: one record, lists of them, and what the last plan understood."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key

from ..errors import PermanentError
from ..tables.items import Items
from ..tables.parts import Whole, read_all, read_parts
from .records import SubjectRecord, record_of, state_key
from .subject import Subject

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class SubjectReader:
    """Reads of subjects' records."""

    def __init__(self, table: "Table") -> None:
        self._items = Items(table)

    def record(self, subject: Subject) -> SubjectRecord:
        """The subject's record. Raises `PermanentError` if there is none."""
        item = self._items.read(state_key(subject))
        if item is None:
            raise PermanentError("NOT_IN_LEDGER", f"The ledger has no {subject.kind} {subject.id}.")
        return record_of(item)

    def in_state(self, state: str, *, kind: str = "") -> Iterator[SubjectRecord]:
        """All subjects in a state, or those of one kind; those that have been there longest first."""
        found = self._items.query(IndexName="by_state", KeyConditionExpression=Key("state").eq(state))
        return (record for record in map(record_of, found) if kind in ("", record.subject.kind))

    def waiting(self, kind: str) -> Iterator[SubjectRecord]:
        """The subjects of a kind of which a step has failed and will be tried again; the longest waiting first."""
        return map(record_of, self._items.query(IndexName="by_wait", KeyConditionExpression=Key("waits_as").eq(kind)))

    def next_in_state(self, kind: str, state: str, after: str, limit: int) -> list[SubjectRecord]:
        """The next subjects of a kind in a state, by when they entered it: later than `after` (a `state_since`).

        Subjects of other kinds stand between them, so that it may take several pages.
        """
        while True:
            later = Key("state").eq(state) & Key("updated_at").gt(after)
            page = self._items.query(IndexName="by_state", KeyConditionExpression=later, Limit=limit)
            records = list(map(record_of, page))
            found = [record for record in records if record.subject.kind == kind]
            if found or len(records) < limit:
                return found
            after = records[-1].state_since

    def snapshots(self, subject: Subject) -> list[Whole]:
        """Everything that plans have understood of a subject, the latest last, even if its record is gone."""
        first = datetime.min.replace(tzinfo=UTC)
        return sorted(read_all(self._items, subject.pk, "SNAPSHOT"), key=lambda kept: kept.written_at or first)

    def snapshot(self, record: SubjectRecord) -> bytes:
        """The subject as the last plan understood it. Raises `PermanentError` if it is no longer there."""
        value = read_parts(self._items, record.snapshot) if record.snapshot else None
        if value is None:
            raise PermanentError(
                "SNAPSHOT_GONE",
                f"The ledger no longer holds what {record.subject.id} looked like. Resume it afresh.",
            )
        return value
