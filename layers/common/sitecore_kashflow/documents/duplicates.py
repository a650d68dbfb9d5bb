"""Documents in the books that share a reference, and what is remembered in order to find them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from ..canonical.keys import reference_digest

_MAX_SHOWN = 10


@dataclass(frozen=True)
class Document:
    """An invoice, or a credit note if its gross is negative, as KashFlow shows it."""

    number: int
    reference: str
    gross: Decimal
    currency: str
    customer_code: str
    issued: date | None

    @property
    def digest(self) -> str:
        return reference_digest(self.reference, is_credit=self.gross < 0)


@dataclass(frozen=True)
class Duplicate:
    """Two or more documents of one kind that share a reference, by number; first seen at `found_at`, last at `read_at`.

    If there are very many, only the first are in `documents`; `more` is how many others seem to share the reference.
    """

    documents: tuple[Document, ...]
    found_at: datetime
    read_at: datetime
    more: int = 0

    @property
    def reference(self) -> str:
        return self.documents[0].reference


@dataclass
class DuplicateWatch:
    """What one check leaves for the next.

    `digests`: the digest of the reference of every number ever seen, which says where to look. `found`: the current
    duplicates, by digest. `allowed`: numbers with the same digest that a person has approved. `pages_left`: pages that
    the pass through all invoices, begun at `began_at`, has still to read; 0 when it is done. `watched_since` and
    `checked_at` are the moments of the first and the last check. `revision` grows with every save.
    """

    digests: dict[int, str] = field(default_factory=dict)
    found: dict[str, Duplicate] = field(default_factory=dict)
    allowed: dict[str, list[int]] = field(default_factory=dict)
    pages_left: int = 0
    began_at: datetime | None = None
    watched_since: datetime | None = None
    checked_at: datetime | None = None
    revision: int = 0

    def learn(self, documents: Iterable[Document]) -> None:
        """Remember the references that these documents have now."""
        self.digests |= {document.number: document.digest for document in documents}

    def forget(self, number: int) -> None:
        """Forget a document that no longer exists."""
        self.digests.pop(number, None)

    def suspects(self) -> dict[str, list[int]]:
        """Numbers that seem to share a reference, by digest. Allowed ones come last; if all are allowed, none count."""
        times = Counter(self.digests.values())
        sharing = defaultdict[str, list[int]](list)
        for number, digest in sorted(self.digests.items()):
            if digest and times[digest] > 1:
                sharing[digest].append(number)
        suspects = {}
        for digest, numbers in sharing.items():
            allowed = set(self.allowed.get(digest, ()))
            unallowed = [number for number in numbers if number not in allowed]
            if unallowed:
                suspects[digest] = unallowed + [number for number in numbers if number in allowed]
        return suspects

    def suspects_in_order(self) -> list[int]:
        """The suspects in the order in which to read them: new ones, then those that were read longest ago."""
        suspects = self.suspects()
        known = sorted(suspects.keys() & self.found.keys(), key=lambda digest: self.found[digest].read_at)
        new = [digest for digest in suspects if digest not in self.found]
        return [number for digest in (*new, *known) for number in suspects[digest][:_MAX_SHOWN]]

    def note_standing(self, read: Mapping[int, Document], now: datetime) -> None:
        """Record the current duplicates. If not all documents of one could be read, it stays as it was."""
        found = {}
        for digest, numbers in self.suspects().items():
            before = self.found.get(digest)
            if all(number in read for number in numbers[:_MAX_SHOWN]):
                documents = tuple(read[number] for number in sorted(numbers[:_MAX_SHOWN]))
                found_at = before.found_at if before else now
                found[digest] = Duplicate(documents, found_at, read_at=now, more=len(numbers) - len(documents))
            elif before:
                found[digest] = before
        self.found = found

    def allow(self, digest: str) -> None:
        """A person approves the documents with this digest. A further one will be found again."""
        self.allowed[digest] = [number for number, other in self.digests.items() if other == digest]
        del self.found[digest]

    def of_reference(self, reference: str) -> list[tuple[str, Duplicate]]:
        """The duplicates with this reference, both invoices and credit notes, with their digests."""
        digests = [reference_digest(reference, is_credit=is_credit) for is_credit in (False, True)]
        return [(digest, self.found[digest]) for digest in digests if digest in self.found]
