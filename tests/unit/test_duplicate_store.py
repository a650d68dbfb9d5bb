"""What the duplicate watch remembers comes back whole, whatever its size, or not at all."""

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from sitecore_kashflow.documents.duplicate_store import DuplicateStore
from sitecore_kashflow.documents.duplicates import Document, Duplicate, DuplicateWatch
from sitecore_kashflow.errors import RetryableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DOCUMENTS = tuple(Document(number, "SO-1", Decimal("29.94"), "GBP", "W1", date(2026, 11, 20)) for number in (1, 2))


@pytest.fixture
def store(table: "Table") -> DuplicateStore:
    return DuplicateStore(table)


def test_watch_when_there_was_no_look_yet_is_empty(store: DuplicateStore) -> None:
    assert store.read() == DuplicateWatch()


def test_watch_when_saved_comes_back_as_it_was(store: DuplicateStore) -> None:
    watch = DuplicateWatch(
        digests={1: "d", 2: "d", 3: ""},
        found={"d": Duplicate(DOCUMENTS, NOW, NOW)},
        allowed={"e": [4, 5]},
        pages_left=7,
        began_at=NOW,
        watched_since=NOW,
        checked_at=NOW,
    )
    store.save(watch, NOW)
    assert store.read() == watch
    assert watch.revision == 1


def test_watch_when_it_knows_a_hundred_thousand_invoices_fits_in_parts(store: DuplicateStore, table: "Table") -> None:
    digests = {number: hashlib.sha256(str(number).encode()).hexdigest()[:16] for number in range(1, 100_001)}
    store.save(DuplicateWatch(digests=digests), NOW)
    assert store.read().digests == digests
    record = table.get_item(Key={"pk": "DUPLICATES", "sk": "WATCH"})["Item"]
    keys = [{"pk": "DUPLICATES", "sk": f"{record['name']!s}#{number:04}"} for number in range(10)]
    parts = [table.get_item(Key=key).get("Item", {}).get("body", b"") for key in keys]
    assert [len(bytes(part)) > 0 for part in parts] == [number < 4 for number in range(10)]  # type: ignore[arg-type]
    assert max(len(bytes(part)) for part in parts) < 400_000  # type: ignore[arg-type]


def test_watch_when_its_parts_are_gone_begins_anew(store: DuplicateStore, table: "Table") -> None:
    store.save(DuplicateWatch(digests={1: "d"}, pages_left=3), NOW)
    (part,) = [item for item in table.scan()["Items"] if "body" in item]
    assert int(str(part["expires_at"])) > NOW.timestamp()
    table.delete_item(Key={"pk": part["pk"], "sk": part["sk"]})
    begun = store.read()
    assert begun == DuplicateWatch(revision=1)
    store.save(begun, NOW)


def test_watch_when_two_workers_look_is_saved_by_one(store: DuplicateStore) -> None:
    first, second = store.read(), store.read()
    first.learn(DOCUMENTS)
    store.save(first, NOW)
    with pytest.raises(RetryableError, match="WATCH_UNDER_WAY"):
        store.save(second, NOW)
    assert store.read() == first
