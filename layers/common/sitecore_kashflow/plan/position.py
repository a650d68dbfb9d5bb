"""What the documents in the books charge a customer for an order: part by part, and how much of it is still open."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from ..canonical.invoice import InvoiceLine
from ..canonical.money import ZERO

GOODWILL = "goodwill"


class Sum(NamedTuple):
    """A net and its VAT, in the currency of the documents."""

    net: Decimal = ZERO
    vat: Decimal = ZERO

    @property
    def gross(self) -> Decimal:
        return self.net + self.vat

    def plus(self, other: "Sum") -> "Sum":
        return Sum(self.net + other.net, self.vat + other.vat)

    @property
    def negated(self) -> "Sum":
        return Sum(-self.net, -self.vat)

    def less(self, other: "Sum") -> "Sum":
        return self.plus(other.negated)


class Part(NamedTuple):
    """What of an order is charged in one way: lines of it are set off against each other."""

    name: str
    nominal_code: int
    vat_level: Decimal
    vat_exempt: bool
    box: str
    group: str

    @property
    def mark(self) -> tuple[object, ...]:
        """Where it is booked, whatever it is."""
        return self[1:]


def part_of(line: InvoiceLine) -> Part:
    return Part(line.part, line.nominal_code, line.vat_level, line.vat_exempt, line.box, line.group)


def sum_of(line: InvoiceLine) -> Sum:
    return Sum(line.net, line.vat)


def total(sums: Iterable[Sum]) -> Sum:
    found = Sum()
    for one in sums:
        found = found.plus(one)
    return found


@dataclass
class Position:
    """Sums by part. `charged` is what invoices say less what changes of the order took off.

    `returned` and `given` are what goods that came back, and goodwill, took off of that: more than nothing. `like` has
    a line of each part, `pieces` how many of it are charged, and `came_back` how many of those came back.
    """

    like: dict[Part, InvoiceLine] = field(default_factory=dict)
    charged: dict[Part, Sum] = field(default_factory=dict)
    pieces: dict[Part, int] = field(default_factory=dict)
    returned: dict[Part, Sum] = field(default_factory=dict)
    came_back: dict[Part, int] = field(default_factory=dict)
    given: dict[Part, Sum] = field(default_factory=dict)

    def add(self, lines: Iterable[InvoiceLine]) -> None:
        """Take in the lines of a document that stands, or will."""
        for line in lines:
            if not (line.net or line.vat):
                continue
            part, one = part_of(line), sum_of(line)
            if line.credits == "return":
                self.returned[part] = self.returned.get(part, Sum()).less(one)
                self.came_back[part] = self.came_back.get(part, 0) + line.pieces
            elif line.credits == "goodwill":
                self.given[part] = self.given.get(part, Sum()).less(one)
            else:
                self.like.setdefault(part, line)
                self.charged[part] = self.charged.get(part, Sum()).plus(one)
                sign = -1 if line.credits else 1
                self.pieces[part] = self.pieces.get(part, 0) + sign * line.pieces

    def open(self, part: Part) -> Sum:
        """What of a part is charged, and neither came back nor was taken off as that part."""
        return self.charged.get(part, Sum()).less(self.returned.get(part, Sum()))

    def open_of(self, group: str) -> Sum:
        """What of all that is taxed alike is charged and was not credited in any way."""
        opened = total(self.open(part) for part in self.charged if part.group == group)
        return opened.less(total(one for part, one in self.given.items() if part.group == group))

    @property
    def by_rate(self) -> dict[Decimal, Sum]:
        """What is charged at each percentage and was not credited in any way."""
        found: dict[Decimal, Sum] = {}
        for part in self.charged:
            found[part.vat_level] = found.get(part.vat_level, Sum()).plus(self.open(part))
        for part, one in self.given.items():
            found[part.vat_level] = found.get(part.vat_level, Sum()).less(one)
        return found

    @property
    def groups(self) -> list[str]:
        """What is taxed alike and still open, as the invoice has it."""
        return [name for name in dict.fromkeys(part.group for part in self.charged) if self.open_of(name) != Sum()]

    @property
    def still_open(self) -> dict[Part, Sum]:
        """What a credit note for everything must take off, part by part; goodwill comes off the largest parts alike."""
        rest = {part: self.open(part) for part in self.charged}
        for part, given in self.given.items():
            alike = [one for one in rest if one.mark == part.mark] or [one for one in rest if one.group == part.group]
            left = given
            for one in sorted(alike, key=lambda one: -rest[one].gross):
                taken = rest[one] if rest[one].gross < left.gross else left
                if rest[one].gross > ZERO:
                    rest[one], left = rest[one].less(taken), left.less(taken)
            nearest = min(alike, key=lambda one: abs(rest[one].gross - left.gross))
            rest[nearest] = rest[nearest].less(left)
        return {part: one for part, one in rest.items() if one != Sum()}


def position_of(documents: Iterable[Iterable[InvoiceLine]]) -> Position:
    """The position after these documents."""
    position = Position()
    for lines in documents:
        position.add(lines)
    return position


def without_pennies(gaps: Mapping[Part, Sum], penny: Decimal) -> dict[Part, Sum]:
    """What conversion alone made differ is taken into the largest gap that something else made, if there is one."""
    pennies = {part: gap for part, gap in gaps.items() if max(map(abs, gap)) <= 2 * penny}
    real = {part: gap for part, gap in gaps.items() if part not in pennies}
    rest = total(pennies.values())
    if not real:
        return dict(gaps) if rest.gross else {}
    largest = max(real, key=lambda part: abs(real[part].gross))
    real[largest] = real[largest].plus(rest if largest.vat_level else Sum(rest.gross))
    return {part: gap for part, gap in real.items() if gap != Sum()}


def difference(target: Mapping[Part, Sum], charged: Mapping[Part, Sum]) -> dict[Part, Sum]:
    """What is charged too little, or too much, of each part."""
    parts = dict.fromkeys((*target, *charged))
    gaps = {part: target.get(part, Sum()).less(charged.get(part, Sum())) for part in parts}
    return {part: gap for part, gap in gaps.items() if gap != Sum()}
