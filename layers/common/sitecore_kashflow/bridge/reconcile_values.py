"""What a comparison of the books with the shop came to, as the command shows it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ..reconciliation.values import Difference, Sums
from .names import name_of_key


@dataclass(frozen=True)
class DifferenceShown:
    """One thing that differs, with the two figures where there are two; `why` is what explains it."""

    kind: str
    order: str
    document: int | None
    expected: Decimal | None
    shown: Decimal | None
    currency: str
    words: str
    why: str

    @classmethod
    def of(cls, one: Difference) -> "DifferenceShown":
        return cls(
            str(one.kind), name_of_key(one.order), one.number, one.expected, one.shown, one.currency, one.words, one.why
        )


@dataclass(frozen=True)
class ReconcileReport:
    """Both sides of the days from `first` to `last`, in the home currency, as of `compared_at`."""

    first: date
    last: date
    compared_at: datetime
    currency: str
    by_ledger: Sums
    by_books: Sums
    unexplained: int
    differences: tuple[DifferenceShown, ...]
