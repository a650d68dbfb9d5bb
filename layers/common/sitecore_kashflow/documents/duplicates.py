"""Documents in the books that stand under one reference, and what is remembered in order to find them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from ..canonical.keys import reference_mark

_ENOUGH = 10


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
    def mark(self) -> str:
        return reference_mark(self.reference, is_credit=self.gross < 0)


@dataclass(frozen=True)
class Duplicate:
    """Two or more documents of one kind under one reference, by number. Seen first at `found_at`, last at `read_at`.

    Of very many only the first are in `documents`; `more` is how many others seem to share the reference.
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
    """What one look leaves to the next.

    `marks`: of every number ever seen the mark of its reference, a hint about where to look. `found`: the duplicates
    that stand, by mark. `allowed`: numbers under one mark that a person called right. `pages_left`: pages that the
    pass through all invoices, begun at `began_at`, has still to read; 0 when it is done. `watched_since` and
    `looked_at` are the moments of the first and of the last look. `revision` grows with every save.
    """

    marks: dict[int, str] = field(default_factory=dict)
    found: dict[str, Duplicate] = field(default_factory=dict)
    allowed: dict[str, list[int]] = field(default_factory=dict)
    pages_left: int = 0
    began_at: datetime | None = None
    watched_since: datetime | None = None
    looked_at: datetime | None = None
    revision: int = 0

    def learn(self, documents: Iterable[Document]) -> None:
        """Remember what these documents are called now."""
        self.marks |= {document.number: document.mark for document in documents}

    def forget(self, number: int) -> None:
        """There is no such document any more."""
        self.marks.pop(number, None)

    def suspects(self) -> dict[str, list[int]]:
        """Numbers that seem to share a reference, by its mark: first those that nobody allowed; none if all are."""
        times = Counter(self.marks.values())
        sharing = defaultdict[str, list[int]](list)
        for number, mark in sorted(self.marks.items()):
            if mark and times[mark] > 1:
                sharing[mark].append(number)
        suspects = {}
        for mark, numbers in sharing.items():
            allowed = set(self.allowed.get(mark, ()))
            unallowed = [number for number in numbers if number not in allowed]
            if unallowed:
                suspects[mark] = unallowed + [number for number in numbers if number in allowed]
        return suspects

    def doubtful(self) -> list[int]:
        """The suspects in the order to be looked at: the new ones, then those that were looked at longest ago."""
        suspects = self.suspects()
        known = sorted(suspects.keys() & self.found.keys(), key=lambda mark: self.found[mark].read_at)
        new = [mark for mark in suspects if mark not in self.found]
        return [number for mark in (*new, *known) for number in suspects[mark][:_ENOUGH]]

    def settle(self, read: Mapping[int, Document], now: datetime) -> None:
        """Note which duplicates stand. One whose documents could not all be read stands as it was known before."""
        found = {}
        for mark, numbers in self.suspects().items():
            before = self.found.get(mark)
            if all(number in read for number in numbers[:_ENOUGH]):
                documents = tuple(read[number] for number in sorted(numbers[:_ENOUGH]))
                found_at = before.found_at if before else now
                found[mark] = Duplicate(documents, found_at, read_at=now, more=len(numbers) - len(documents))
            elif before:
                found[mark] = before
        self.found = found

    def allow(self, mark: str) -> None:
        """A person calls the documents under this mark right; one more under it is found again."""
        self.allowed[mark] = [number for number, other in self.marks.items() if other == mark]
        del self.found[mark]

    def of_reference(self, reference: str) -> list[tuple[str, Duplicate]]:
        """The duplicates with this reference, invoices and credit notes, with their marks."""
        marks = [reference_mark(reference, is_credit=is_credit) for is_credit in (False, True)]
        return [(mark, self.found[mark]) for mark in marks if mark in self.found]
