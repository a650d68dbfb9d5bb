"""What happens to a made-up order, and when: days in the United Kingdom, and the documents that each of them makes.

Days are dates, amounts whole minor units. What is worked out here shares no arithmetic with the bridge.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from random import Random

from tests.whole_numbers import half_up, shares

_FIRST = date(2026, 8, 1)
_LAST = date(2027, 3, 27)
_CLOCKS_GO_BACK = date(2026, 10, 25)
"""The only time that they change between the first day and the last."""
_MIDNIGHTS = (0, 1, 30, 23 * 60 + 30, 24 * 60 - 1)


@dataclass(frozen=True)
class Moment:
    """A minute of a day in the United Kingdom."""

    day: date
    minute: int

    @property
    def in_utc(self) -> str:
        """As a shop's system writes it. In summer, UK clocks are an hour ahead."""
        hour = timedelta(hours=1 if self.day < _CLOCKS_GO_BACK else 0)
        return (datetime(self.day.year, self.day.month, self.day.day) + timedelta(minutes=self.minute) - hour).strftime(  # noqa: DTZ001 -- days alone are compared
            "%Y-%m-%dT%H:%M:00Z"
        )

    def later(self, rng: Random, days: int) -> "Moment":
        """A moment up to so many days later, never an earlier one."""
        day = min(self.day + timedelta(days=rng.randrange(days + 1)), _LAST)
        return max(a_moment(rng, day), self, key=Moment.rank)

    def rank(self) -> tuple[date, int]:
        return self.day, self.minute


def a_moment(rng: Random, day: date) -> Moment:
    """A minute of a day, often one close to midnight; never one that clocks which go back strike twice."""
    minute = rng.choice(_MIDNIGHTS) if rng.random() < 0.4 else rng.randrange(24 * 60)
    return Moment(day, max(minute, 120) if day == _CLOCKS_GO_BACK else minute)


def placed(rng: Random) -> Moment:
    """The moment of an order, in the weeks around the end of a quarter and of summer time."""
    return a_moment(rng, _FIRST + timedelta(days=rng.randrange(120)))


@dataclass(frozen=True)
class Received:
    """Money that came in, by the shop's id."""

    name: str
    amount: int
    at: Moment


@dataclass
class Group:
    """What is sold at one percentage and in one box, and the VAT in it."""

    gross: int
    vat: int


@dataclass
class Paper:
    """A document that the books should hold: its day, sums, and receipts with their days."""

    suffix: str
    day: date
    gross: int
    vat: int
    received: list[tuple[int, date]] = field(default_factory=list)


@dataclass(frozen=True)
class Story:
    """What happened to an order. `by_quarter`: part payments of a VAT period are invoiced together."""

    placed: Moment
    owed: int
    money: tuple[Received, ...]
    supplied: tuple[Moment, ...]
    by_quarter: bool = False

    @property
    def final_day(self) -> date | None:
        """All was paid, or something was sent or completed; None while neither has happened."""
        days = [one.day for one in self.supplied]
        sums, paid = 0, sorted(self.money, key=lambda one: one.at.rank())
        if self.owed <= 0:
            days.append(self.placed.day)
        for one in paid:
            sums += one.amount
            if 0 < self.owed <= sums:
                days.append(one.at.day)
                break
        return min(days, default=None)

    def papers(self, groups: Sequence[Group]) -> Iterator[Paper]:
        """Each deposit with its share of the VAT at each percentage; then the rest, if it is due."""
        final, left = self.final_day, [Group(one.gross, one.vat) for one in groups]
        early = sorted(self.money, key=lambda one: (one.at.day, one.name))
        by_period = groupby(early, lambda one: self._period(one.at.day))
        parts = [list(some) for period, some in by_period if final is None or period < self._period(final)]
        for number, part in enumerate(parts, start=1):
            yield _deposit(f"-D{number}", part, left)
        if final is not None:
            taken = {one.name for part in parts for one in part}
            received = [(one.amount, one.at.day) for one in self.money if one.name not in taken]
            yield Paper("", final, sum(one.gross for one in left), sum(one.vat for one in left), received)

    def _period(self, day: date) -> tuple[int, int]:
        return (day.year, (day.month - 1) // 3) if self.by_quarter else (0, day.toordinal())


def _deposit(suffix: str, part: Iterable[Received], left: list[Group]) -> Paper:
    """Takes its share from what is left of each group that comes to more than nothing."""
    received = [(one.amount, one.at.day) for one in part]
    amount, vat = sum(one for one, _ in received), 0
    sold = [one for one in left if one.gross > 0]
    for group, share in zip(sold, shares(amount, [one.gross for one in sold]), strict=True):
        inside = half_up(group.vat * share, group.gross)
        group.gross, group.vat = group.gross - share, group.vat - inside
        vat += inside
    return Paper(suffix, max(day for _, day in received), amount, vat, received)
