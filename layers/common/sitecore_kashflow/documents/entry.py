"""A document in the books, as the ledger knows it: not posted, in doubt, or standing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

ZERO = Decimal(0)


class Draft(Protocol):
    """A document that the books should hold. `kind` and `reference` say which one of its subject."""

    @property
    def kind(self) -> str: ...

    @property
    def reference(self) -> str: ...


@dataclass(frozen=True)
class Unposted:
    """No post of it can have landed. It may still have a number reserved."""


@dataclass(frozen=True)
class InDoubt:
    """A post of it was about to be sent. Until `until` (aware UTC) it may land, whatever became of its worker."""

    until: datetime


@dataclass(frozen=True)
class Standing:
    """It stands in the books under `number`.

    `is_adopted`: an earlier post had made it. `is_verified`: it was read back and says what was meant.
    """

    number: int
    internal_id: int | None = None
    is_adopted: bool = False
    is_verified: bool = False


Status = Unposted | InDoubt | Standing


@dataclass(frozen=True)
class Figures:
    """What a document comes to, in `currency`. `rate` is foreign units per home unit, as of `rate_day`."""

    currency: str
    net: Decimal
    vat: Decimal
    gross: Decimal
    rate: Decimal | None = None
    rate_day: date | None = None


@dataclass(frozen=True)
class Entry:
    """One document of a subject. `kind` and `reference` say which; the rest is what its last post said.

    `carried` holds the receipts that went in the same post, by the shop's payment id: their amounts in the document's
    currency. `on` is the number of the document that it stands on, such as a receipt's invoice. `reserved` is the
    number that each post asks for, None where the books number.
    """

    kind: str
    reference: str
    customer_code: str
    figures: Figures
    rules_version: str
    status: Status = Unposted()
    carried: Mapping[str, Decimal] = field(default_factory=dict)
    on: int | None = None
    reserved: int | None = None

    @property
    def standing(self) -> Standing | None:
        """Where it stands, or None."""
        return self.status if isinstance(self.status, Standing) else None

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do: it stands and was verified."""
        return self.standing is not None and self.standing.is_verified


class Entries:
    """The documents of one subject, by kind and reference."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries = {(one.kind, one.reference): one for one in entries}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def get(self, kind: str, reference: str) -> Entry | None:
        return self._entries.get((kind, reference))

    def of_kind(self, kind: str) -> list[Entry]:
        return [entry for entry in self if entry.kind == kind]

    def the_only(self, kind: str) -> Entry | None:
        """The document of a kind of which a subject has one at most."""
        return next(iter(self.of_kind(kind)), None)

    def in_doubt(self) -> list[Entry]:
        return [entry for entry in self if isinstance(entry.status, InDoubt)]

    def posted(self) -> list[Entry]:
        """Those that stand or may stand."""
        return [entry for entry in self if not isinstance(entry.status, Unposted)]

    def receipts(self) -> dict[str, Decimal]:
        """All money that stands in the books: amounts by the shop's payment id."""
        booked: dict[str, Decimal] = {}
        for entry in self:
            if entry.standing is not None:
                booked |= entry.carried
        return booked
