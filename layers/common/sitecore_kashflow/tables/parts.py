"""Values that may be too large for one item: compressed, and cut into parts.

The parts are written under a name made from their content, and the record that points to them is written last. So a
reader never gets half of one value and half of another.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from boto3.dynamodb.conditions import Key

from .items import Item, Items

PART_BYTES = 350_000


@dataclass(frozen=True)
class Parts:
    """Where a value is kept: under `pk`, in `count` items whose sort keys begin with `name`."""

    pk: str
    name: str
    count: int

    def key(self, number: int) -> dict[str, str]:
        return {"pk": self.pk, "sk": f"{self.name}#{number:04}"}


def pack(value: bytes) -> bytes:
    return zlib.compress(value, 9)


def unpack(packed: bytes) -> bytes:
    return zlib.decompress(packed)


def write_parts(
    put: Callable[[Item], object], pk: str, prefix: str, value: bytes, expires_at: datetime | None
) -> Parts:
    """Write a value part by part with `put`. DynamoDB deletes the parts after `expires_at`, if there is one."""
    packed = pack(value)
    bodies = [packed[at : at + PART_BYTES] for at in range(0, len(packed), PART_BYTES)]
    parts = Parts(pk, f"{prefix}#{hashlib.sha256(packed).hexdigest()[:16]}", len(bodies))
    for number, body in enumerate(bodies):
        expiry = {} if expires_at is None else {"expires_at": int(expires_at.timestamp())}
        put(parts.key(number) | {"body": body} | expiry)
    return parts


@dataclass(frozen=True)
class Whole:
    """A value that is kept in parts, under its name, until `expires_at` (aware UTC), or for good.

    `written_at` (aware UTC) is when it was last written, where that is kept.
    """

    name: str
    value: bytes
    expires_at: datetime | None
    written_at: datetime | None


def read_all(items: Items, pk: str, prefix: str) -> Iterator[Whole]:
    """Every value that is kept whole under a prefix, whichever record points to it, or none any more."""
    found: dict[str, list[Item]] = {}
    condition = Key("pk").eq(pk) & Key("sk").begins_with(f"{prefix}#")
    for item in items.query(KeyConditionExpression=condition, ConsistentRead=True):
        found.setdefault(str(item["sk"]).rpartition("#")[0], []).append(item)
    for name, parts in found.items():
        expiry = parts[0].get("expires_at")
        moment = None if expiry is None else datetime.fromtimestamp(int(expiry), UTC)
        with suppress(zlib.error):  # a part of it is gone, or not there yet
            value = unpack(b"".join(bytes(item["body"]) for item in parts))
            written_at = datetime.fromisoformat(str(parts[0]["written_at"])) if "written_at" in parts[0] else None
            yield Whole(name, value, moment, written_at)


def read_parts(items: Items, parts: Parts) -> bytes | None:
    """The value, or None if any part of it is missing."""
    found = [items.read(parts.key(number)) for number in range(parts.count)]
    bodies = [bytes(item["body"]) for item in found if item is not None]
    return unpack(b"".join(bodies)) if bodies and len(bodies) == len(found) else None
