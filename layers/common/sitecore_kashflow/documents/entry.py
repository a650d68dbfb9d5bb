"""A document as the ledger knows it: unposted, in doubt, or standing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from ..canonical.sent import Sent

ZERO = Decimal(0)


class Draft(Protocol):
    """A document that the books should hold. `kind` and `reference` say which one of its subject."""

    @property
    def kind(self) -> str: ...

    @property
    def reference(self) -> str: ...


@dataclass(frozen=True)
class Unposted:
    """Not in the books, and nothing on its way there. It may have a number reserved."""


@dataclass(frozen=True)
class InDoubt:
    """A post of it was about to be sent. It may land until `until` (aware UTC), whatever became of its worker."""

    until: datetime


@dataclass(frozen=True)
class Standing:
    """It is in the books under `number`.

    `is_adopted`: it was found there, not posted just now. `is_verified`: it was read back and shows what was meant.
    """

    number: int
    internal_id: int | None = None
    is_adopted: bool = False
    is_verified: bool = False


Status = Unposted | InDoubt | Standing


@dataclass(frozen=True)
class Figures:
    """The sums of a document, in `currency`. `rate` is foreign units for one home unit, as of `rate_day`.

    `sold_in` is the currency of the sale. `sale` is a digest of the order that it charges in full, together with those
    before it, or as far as the order was sent; None if it does not.
    """

    currency: str
    net: Decimal
    vat: Decimal
    gross: Decimal
    rate: Decimal | None = None
    rate_day: date | None = None
    sold_in: str | None = None
    sale: str | None = None


@dataclass(frozen=True)
class Posting:
    """What the lines of a document put on one account of the books and into one box of the VAT return."""

    account: int
    box: str
    net: Decimal
    vat: Decimal


@dataclass(frozen=True)
class Days:
    """The day that a document bears, and that of each receipt that it carries, by the shop's payment id.

    `supplied` is the tax point of a document that bears a later day; `due` is the day by which it should be paid.
    """

    issued: date
    received: Mapping[str, date] = field(default_factory=dict)
    supplied: date | None = None
    due: date | None = None


@dataclass(frozen=True)
class Banked:
    """Where a payment stands: the books' id of the bank account, and the gateway's own id of the payment."""

    account: int
    reference: str = ""


@dataclass(frozen=True)
class VatEvidence:
    """A customer's VAT number, the country by whose form and check digits it was right, and on which day that was seen.

    `answer` is what the shop was told when it asked whether the number is registered.
    """

    number: str
    country: str
    seen_on: date
    answer: str


@dataclass(frozen=True)
class Entry:
    """One document of a subject. `kind` and `reference` say which one; the rest is what its last post contained.

    `carried` holds the receipts that went in the same post: amounts in the document's currency, by the shop's id;
    `marks` has what the books should show of each, in their own words, and `banked` where each stands.
    `postings` are its sums by account; `days` is None for one that was posted before days were kept. `on` is the number
    of the document that this one belongs on, such as a receipt's invoice. `reserved` is the number that each post asks
    for; None where the books number documents themselves. `lines` has a digest of each line that it should show, where
    that is looked at. `vat_evidence` is kept where something was sold abroad to a customer with a VAT number.
    `rules_held` names the conditional rules that it was made by. `sold` has its lines (`sold_lines`) as the order was
    divided into them, before the account's own arithmetic: what is credited later has the same codes and percentages.
    `enriched_by` is the function of the shop's own that has set something in its order. `sent` is the dispatch that it
    is for.
    """

    kind: str
    reference: str
    customer_code: str
    figures: Figures
    rules_version: str
    status: Status = Unposted()
    carried: Mapping[str, Decimal] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    banked: Mapping[str, Banked] = field(default_factory=dict)
    postings: tuple[Posting, ...] = ()
    days: Days | None = None
    on: int | None = None
    reserved: int | None = None
    lines: tuple[str, ...] = ()
    vat_evidence: VatEvidence | None = None
    rules_held: tuple[str, ...] = ()
    sold: bytes = b""
    enriched_by: str = ""
    sent: Sent | None = None

    @property
    def standing(self) -> Standing | None:
        """Its place in the books, or None."""
        return self.status if isinstance(self.status, Standing) else None

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do: it is in the books and was verified."""
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
        """The document of a kind that a subject has at most one of."""
        return next(iter(self.of_kind(kind)), None)

    def first_of(self, kinds: Iterable[str]) -> Entry | None:
        """The oldest document of the first of these kinds that the subject has any of."""
        found = [entry for kind in kinds for entry in sorted(self.of_kind(kind), key=_age)]
        return next(iter(found), None)

    def in_doubt(self) -> list[Entry]:
        return [entry for entry in self if isinstance(entry.status, InDoubt)]

    def unsettled(self) -> list[Entry]:
        """Documents that may be in the books, or are there and were not verified yet."""
        return [entry for entry in self.posted() if not entry.is_settled]

    def posted(self) -> list[Entry]:
        """Documents that are in the books, or may be."""
        return [entry for entry in self if not isinstance(entry.status, Unposted)]

    def receipts(self, *, with_doubtful: bool = False) -> dict[str, Decimal]:
        """All money that is in the books, or also what may be: amounts by the shop's payment id.

        What several documents carry of one payment is added up; money that went back is negative.
        """
        found: dict[str, Decimal] = {}
        for entry in self.posted():
            if with_doubtful or entry.standing is not None:
                for name, amount in entry.carried.items():
                    found[name] = found.get(name, ZERO) + amount
        return found

    def without(self, entry: Entry) -> "Entries":
        """The others."""
        return Entries(one for one in self if one is not entry)


def _age(entry: Entry) -> tuple[bool, int]:
    """Those that do not stand are the youngest."""
    return entry.standing is None, entry.standing.number if entry.standing else 0
