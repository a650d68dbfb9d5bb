"""What a run, a lease, an event count and parking belong to."""

import re
from dataclasses import dataclass

_WORD = re.compile(r"[a-z][a-z_]*")
_ID = re.compile(r"[^\s#:]{1,100}")


@dataclass(frozen=True)
class Subject:
    """One thing that the bridge looks after: its kind (`order`), where it lives (`ordercloud`) and its id there.

    Raises `ValueError` for an id that could not stand in a key.
    """

    kind: str
    source: str
    id: str

    def __post_init__(self) -> None:
        if not (_WORD.fullmatch(self.kind) and _WORD.fullmatch(self.source) and _ID.fullmatch(self.id)):
            raise ValueError(f"a {self.kind} of {self.source} has an id of at most 100 characters, without blanks")

    @property
    def key(self) -> str:
        """How logs and messages name it: `order:ordercloud:SO-1001`."""
        return f"{self.kind}:{self.source}:{self.id}"

    @property
    def pk(self) -> str:
        """The partition key of all its items: `ORDER#ordercloud:SO-1001`."""
        return f"{self.kind.upper()}#{self.source}:{self.id}"


def subject_of(pk: str) -> Subject:
    """The subject of a partition key."""
    kind, _, rest = pk.partition("#")
    source, _, subject_id = rest.partition(":")
    return Subject(kind.lower(), source, subject_id)
