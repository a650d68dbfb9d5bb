"""Simple plots of a month, as SVG: for whoever looks rather than reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from xml.etree.ElementTree import Element

from ..canonical.money import ZERO
from ..reconciliation.values import Balance, Period
from .markup import tag

_WIDTH, _HEIGHT = 680, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 78, 150, 12, 26
_COLOURS = ("#1b5e9b", "#b3541e", "#3a7d44", "#6b4c9a", "#8a6d1f")
_DASHES = ("none", "6 3", "2 3", "8 3 2 3", "1 2")


@dataclass(frozen=True)
class Series:
    """A name, and its value at the end of each day of a month."""

    name: str
    values: Sequence[Decimal]


def balances_plot(month: Period, balances: Sequence[Balance]) -> Element:
    """What was on each account at the end of each day."""
    shown = [Series(f"{one.account} {one.name}".strip(), running(month, one.moved, one.opening)) for one in balances]
    return _plot("What is on the clearing accounts, at the end of each day", month, shown)


def sales_plot(month: Period, invoiced: Mapping[date, Decimal], received: Mapping[date, Decimal]) -> Element:
    """What was invoiced and what was received since the month began."""
    shown = [Series("invoiced", running(month, invoiced)), Series("received", running(month, received))]
    return _plot("Invoiced and received since the first of the month", month, shown)


def running(month: Period, moved: Mapping[date, Decimal], opening: Decimal = ZERO) -> list[Decimal]:
    """The sum at the end of each day."""
    found, total = [], opening
    for day in days_of(month):
        total += moved.get(day, ZERO)
        found.append(total)
    return found


def days_of(month: Period) -> list[date]:
    return [month.first + timedelta(days=at) for at in range((month.last - month.first).days + 1)]


def _plot(title: str, month: Period, shown: Sequence[Series]) -> Element:
    values = [value for one in shown for value in one.values] or [ZERO]
    low, high = min(ZERO, *values), max(ZERO, *values)
    scale = _Scale(month, low, high if high > low else low + 1)
    lines = [part for at, one in enumerate(shown) for part in _line(at, one, scale)]
    drawn = tag(
        "svg",
        tag("title", title),
        *_axes(month, scale),
        *lines,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        width="100%",
    )
    return tag("figure", tag("figcaption", title), drawn)


@dataclass(frozen=True)
class _Scale:
    month: Period
    low: Decimal
    high: Decimal

    def x(self, at: int) -> str:
        days = max((self.month.last - self.month.first).days, 1)
        return f"{_LEFT + (_WIDTH - _LEFT - _RIGHT) * at / days:.1f}"

    def y(self, value: Decimal) -> str:
        share = (value - self.low) / (self.high - self.low)
        return f"{_HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * float(share):.1f}"


def _axes(month: Period, scale: _Scale) -> list[Element]:
    right = _WIDTH - _RIGHT
    parts = []
    for value in dict.fromkeys((scale.low, (scale.low + scale.high) / 2, scale.high, ZERO)):
        at = scale.y(value)
        parts.append(tag("line", x1=_LEFT, x2=right, y1=at, y2=at, stroke="#ccc" if value else "#444", stroke_width=1))
        label = f"{value:,.0f}" if scale.high - scale.low > 10 else f"{value:,.2f}"
        parts.append(tag("text", label, x=_LEFT - 6, y=at, text_anchor="end", dominant_baseline="middle"))
    days = days_of(month)
    parts += [
        tag("text", f"{days[day].day} {days[day]:%b}", x=scale.x(day), y=_HEIGHT - 8, text_anchor="middle")
        for day in sorted({0, len(days) // 4, len(days) // 2, 3 * len(days) // 4, len(days) - 1})
    ]
    return parts


def _line(at: int, one: Series, scale: _Scale) -> list[Element]:
    points = " ".join(f"{scale.x(day)},{scale.y(value)}" for day, value in enumerate(one.values))
    look = {"stroke": _COLOURS[at % len(_COLOURS)], "stroke_dasharray": _DASHES[at % len(_DASHES)]}
    y, right = _TOP + 10 + 34 * at, _WIDTH - _RIGHT
    last = f"{one.values[-1]:,.2f}" if one.values else ""
    return [
        tag("polyline", points=points, fill="none", stroke_width=2, **look),
        tag("line", x1=right + 12, x2=right + 40, y1=y, y2=y, stroke_width=2, **look),
        tag("text", one.name, x=right + 46, y=y, dominant_baseline="middle"),
        tag("text", last, x=right + 46, y=y + 14, dominant_baseline="middle", fill="#555"),
    ]
