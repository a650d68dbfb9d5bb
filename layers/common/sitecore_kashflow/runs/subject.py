"""What the bridge works on: runs, leases, events and parking belong to a subject."""

import re
from dataclasses import dataclass

_WORD = re.compile(r"[a-z][a-z_]*")
_ID = re.compile(r"[^\s#:]{1,100}")


@dataclass(frozen=True)
class Subject:
    """One thing that the bridge works on: its kind (`order`), its source (`ordercloud`) and its id there.

    Raises `ValueError` for an id that cannot be part of a key.
    """

    kind: str
    source: str
    id: str

    def __post_init__(self) -> None:
        if not (_WORD.fullmatch(self.kind) and _WORD.fullmatch(self.source) and _ID.fullmatch(self.id)):
            raise ValueError(f"an id of the kind {self.kind} has 1 to 100 characters, none of them a space, `#` or `:`")

    @property
    def key(self) -> str:
        """Its name in logs and messages: `order:ordercloud:SO-1001`."""
        return f"{self.kind}:{self.source}:{self.id}"

    @property
    def pk(self) -> str:
        """The partition key of all its items: `ORDER#ordercloud:SO-1001`."""
        return f"{self.kind.upper()}#{self.source}:{self.id}"


def subject_of(pk: str) -> Subject:
    """The subject that a partition key belongs to."""
    kind, _, rest = pk.partition("#")
    source, _, subject_id = rest.partition(":")
    return Subject(kind.lower(), source, subject_id)
