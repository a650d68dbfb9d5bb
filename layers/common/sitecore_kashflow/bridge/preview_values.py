"""What would be posted, and what other rules would change."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .values import Money, Sums


@dataclass(frozen=True)
class LinePreview:
    description: str
    quantity: int
    rate: Decimal
    net: Decimal
    vat: Decimal
    vat_level: Decimal
    vat_exempt: bool
    box: str
    nominal_code: int
    why: str


@dataclass(frozen=True)
class DocumentPreview:
    """A document as it would be posted. `body` is the text that would be sent, None if nothing would be.

    `known` is its status by the ledger, empty if the ledger does not know it.
    """

    kind: str
    reference: str
    sums: Sums
    paid: Money
    body: str | None
    known: str
    known_number: int | None
    lines: tuple[LinePreview, ...] = ()
    vat_method: str = ""
    rate: Decimal | None = None
    rate_day: date | None = None
    issued_on: date | None = None
    due_on: date | None = None


@dataclass(frozen=True)
class StandingDocument:
    """A document that charges the order, or credits some of it, and is in the books."""

    kind: str
    reference: str
    number: int
    gross: Money
    issued_on: date | None


@dataclass(frozen=True)
class OrderPreview:
    """What a run would do now. `outcome`: `post`, `nothing`, `wait`, `leave out`, `park` or `leave alone`.

    `rules_held` has each conditional rule that decides something, and what it sets; `stands` what charges the order
    in the books, `by_hand` what a person is to book beside it.
    """

    order: str
    outcome: str
    status: str
    code: str
    reason: str
    rules: str
    numbers: tuple[int, int] | None
    anew: bool
    invoice: int | None
    documents: tuple[DocumentPreview, ...]
    rules_held: tuple[str, ...] = ()
    stands: tuple[StandingDocument, ...] = ()
    by_hand: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """One order that other rules would change: lines that would go, and lines that would come."""

    order: str
    without: tuple[str, ...]
    instead: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    rules_now: str
    rules_then: str
    orders: int
    changes: tuple[Change, ...]
