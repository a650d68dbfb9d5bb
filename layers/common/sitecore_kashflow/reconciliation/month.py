"""The end of a month as values: twelve controls, lists beside them, and what a person has said. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from ..canonical.money import ZERO
from ..documents.entry import Posting
from .values import Agreement, Difference, DifferenceKind, OpenOrder, Period, Sums

Figure = Decimal | int | date | None
_FINAL = (1, 3, 4, 5, 10, 11)
"""The controls whose figures nothing later should change. What is owed, parked or locked may change rightly."""


class Colour(StrEnum):
    """`GREEN`: both figures are there, and equal. `GREY`: one is missing. `RED`: they differ."""

    GREEN = "green"
    GREY = "grey"
    RED = "red"


@dataclass(frozen=True)
class Entered:
    """A figure that a person has entered, because KashFlow gives none."""

    amount: Decimal
    by: str
    at: datetime


@dataclass(frozen=True)
class Row:
    """Two figures that should be equal. `key` is how a person names the second; `by` is who has entered it."""

    name: str
    ours: Figure
    theirs: Figure = None
    key: str = ""
    by: str = ""

    @property
    def colour(self) -> Colour:
        if self.ours is None or self.theirs is None:
            return Colour.GREY
        return Colour.GREEN if self.ours == self.theirs else Colour.RED


@dataclass(frozen=True)
class Control:
    """One control: red if any of its figures differ or `wrong` says so, grey if one is missing."""

    number: int
    name: str
    rows: tuple[Row, ...]
    words: str = ""
    wrong: str = ""

    @property
    def colour(self) -> Colour:
        colours = {row.colour for row in self.rows}
        if self.wrong or Colour.RED in colours:
            return Colour.RED
        return Colour.GREY if Colour.GREY in colours or not colours else Colour.GREEN


@dataclass(frozen=True)
class Late:
    """A document of another VAT period than its tax point's, and the last day of the one that it belongs to."""

    order: str
    document: str
    tax_point: date
    issued: date
    vat: Decimal
    currency: str
    belongs_to: date


@dataclass(frozen=True)
class JournalLine:
    account: int
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True)
class Proposal:
    """A journal that a person may book: its day, the day on which it is reversed, and what it is for."""

    name: str
    day: date
    reversed_on: date | None
    lines: tuple[JournalLine, ...]
    orders: tuple[str, ...] = ()

    @property
    def amount(self) -> Decimal:
        return sum((one.debit for one in self.lines), ZERO)


@dataclass(frozen=True)
class Foreign:
    """What is owed in a currency on open documents, and what it is carried at in the home currency."""

    currency: str
    documents: int
    due: Decimal
    carried: Decimal


@dataclass(frozen=True)
class BadDebt:
    """A debt for which VAT may be claimed back, once it is written off (`BAD_DEBT_DUE`): from when, and until when."""

    order: str
    document: int
    due_on: date
    owed: Decimal
    vat: Decimal
    currency: str
    relief_from: date
    relief_until: date


@dataclass(frozen=True)
class Closing:
    """A person has closed the month: who, when, and the figures as they were then, by control and row."""

    by: str
    at: datetime
    figures: Mapping[str, str]
    by_ledger: Sums
    by_books: Sums


@dataclass(frozen=True)
class Changed:
    """A figure that is not what it was when the month was closed."""

    figure: str
    at_closing: str
    now: str


@dataclass(frozen=True)
class PaidOut:
    """What gateways paid out in the month: how many `payments` were in it, of which so many `agreed` with the books,
    in how many `payouts`, of which so many are `booked`. `left` receipts of the month, `left_amount` in the home
    currency, are in no payout yet.
    """

    payments: int
    agreed: int
    payouts: int
    booked: int
    left: int = 0
    left_amount: Decimal = ZERO


@dataclass(frozen=True)
class MonthFacts:
    """All that the controls are made of. `accounts` are the month's documents by nominal code and box.

    `clearing` are the codes of bank accounts through which gateways pay, `passing` of those that should come to
    nothing. `paid_out` is None where no payout is known. `rounding` is the signed sum of roundings, `rounding_bound`
    what chance explains of it. `first_open_day` is KashFlow's lock.
    """

    month: Period
    agreement: Agreement
    accounts: tuple[Posting, ...] = ()
    home: str = "GBP"
    clearing: frozenset[str] = frozenset()
    passing: frozenset[str] = frozenset()
    liabilities: Mapping[str, int] = field(default_factory=dict)
    parked: tuple[OpenOrder, ...] = ()
    late: tuple[Late, ...] = ()
    deferral: Proposal | None = None
    foreign: tuple[Foreign, ...] = ()
    bad_debts: tuple[BadDebt, ...] = ()
    paid_out: PaidOut | None = None
    rounding: Decimal = ZERO
    rounding_bound: Decimal = ZERO
    first_open_day: date | None = None
    entered: Mapping[str, Entered] = field(default_factory=dict)


@dataclass(frozen=True)
class MonthEnd:
    """The page: what the controls came to, and whether the month is closed."""

    facts: MonthFacts
    controls: tuple[Control, ...]
    closing: Closing | None = None
    changed: tuple[Changed, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.facts.month.first:%Y-%m}"


def figures_of(controls: tuple[Control, ...]) -> dict[str, str]:
    """Every figure of every control as text, by control and row: what is kept when a month is closed."""
    return {
        f"{one.number} {row.name}, {side}": "" if figure is None else str(figure)
        for one in controls
        for row in one.rows
        for side, figure in (("ours", row.ours), ("theirs", row.theirs))
    }


def changed_since(closing: Closing, controls: tuple[Control, ...]) -> tuple[Changed, ...]:
    """The figures that are not what they were when the month was closed, of those that nothing later should change."""
    now = {name: figure for name, figure in figures_of(controls).items() if _is_final(name)}
    kept = {name: figure for name, figure in closing.figures.items() if _is_final(name)}
    return tuple(
        Changed(name, kept.get(name, ""), now.get(name, ""))
        for name in dict.fromkeys((*kept, *now))
        if kept.get(name, "") != now.get(name, "")
    )


def with_closing(found: Agreement, closing: Closing | None) -> Agreement:
    """The agreement, with a difference more if the month was closed with other sums."""
    if closing is None:
        return found
    before = (replace(closing.by_ledger, due=ZERO), replace(closing.by_books, due=ZERO))
    now = (replace(found.by_ledger, due=ZERO), replace(found.by_books, due=ZERO))
    if before == now:
        return found
    words = (
        f"The month of {found.period.first:%B %Y} was closed by {closing.by} on {closing.at:%Y-%m-%d} with other sums."
    )
    sums = (closing.by_books.gross, found.by_books.gross)
    changed = Difference(DifferenceKind.CLOSED_MONTH_CHANGED, words, "", None, *sums, found.currency)
    return replace(found, differences=(*found.differences, changed))


def _is_final(name: str) -> bool:
    return int(name.partition(" ")[0]) in _FINAL
