"""`month-end`: the twelve controls of a month on one page, and the person who closes it."""

from argparse import Namespace
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ...canonical.days import books_date
from ...canonical.money import ZERO
from ...errors import PermanentError
from ...reconciliation.controls import keys_of
from ...reconciliation.month import Colour, Entered, MonthEnd
from ...reconciliation.values import Period
from ...usecases.month_end import close_month, month_end
from ...usecases.reconcile_books import whole_month
from ..desk import Desk
from ..month_csv import as_csv
from ..month_page import as_html
from ..month_values import MonthEndReport
from .reconcile import compared


@dataclass(frozen=True)
class Figure:
    """A figure that a person enters: `gateway:stripe=123.45`."""

    key: str
    amount: Decimal

    @classmethod
    def of(cls, text: str) -> "Figure":
        """Raises `ValueError` if it is none."""
        key, _, amount = text.rpartition("=")
        try:
            figure = cls(key.strip().casefold(), Decimal(amount.strip().replace(",", "")))
        except InvalidOperation:
            figure = cls("", ZERO)
        if not figure.key or not figure.amount.is_finite():
            raise ValueError(f"{text!r} is not a figure such as gateway:1202=123.45")
        return figure


def show_month_end(asked: Namespace, desk: Desk) -> MonthEndReport:
    """The page of a month: figures entered first, then all compared and shown, then closed if that was asked for."""
    month = _month_so_far(asked, desk)
    _require_name(asked)
    agreement = compared(month, desk)
    sources, rules = desk.wiring.month_sources, desk.wiring.rules_source()
    page = month_end(agreement, sources, rules)
    if asked.figures:
        _enter(asked, page, desk)
        page = month_end(agreement, sources, rules)
    if asked.close:
        _close(page, asked.by, desk)
        page = month_end(agreement, sources, rules)
    for target, words in ((asked.html, as_html), (asked.csv, as_csv)):
        if target:
            Path(target).write_text(words(page), "utf-8")
    return MonthEndReport.of(page)


def _month_so_far(asked: Namespace, desk: Desk) -> Period:
    """The days of the month until today. Raises `PermanentError` if there are none, or it is to be closed too soon."""
    month, today = whole_month(asked.month), books_date(desk.wiring.clock())
    if month.first > today or (asked.close and month.last >= today):
        words = f"The month ends on {month.last}: it can be looked at from its first day, and closed the day after."
        raise PermanentError("MONTH_NOT_OVER", words)
    return Period(month.first, min(month.last, today))


def _require_name(asked: Namespace) -> None:
    if (asked.figures or asked.close) and not asked.by.strip():
        raise PermanentError("NAME_MISSING", 'A figure and a closing bear a name. Give --by "A. Name".')


def _enter(asked: Namespace, page: MonthEnd, desk: Desk) -> None:
    """Keep the figures, if all of them are some that the page asks for: a mistyped one would never be missed."""
    keys = keys_of(page.facts)
    unknown = [one.key for one in asked.figures if one.key not in keys]
    if unknown:
        words = f"The page has no figure {', '.join(unknown)}. It has: {', '.join(sorted(keys))}."
        raise PermanentError("FIGURE_UNKNOWN", words)
    for one in asked.figures:
        desk.wiring.closings.enter(page.name, one.key, Entered(one.amount, asked.by, desk.wiring.clock()))


def _close(page: MonthEnd, by: str, desk: Desk) -> None:
    red = [str(one.number) for one in page.controls if one.colour is Colour.RED]
    grey = [str(one.number) for one in page.controls if one.colour is Colour.GREY]
    doubts = [f"{len(some)} {what} ({', '.join(some)})" for some, what in ((red, "red"), (grey, "grey")) if some]
    left = f" although {' and '.join(doubts)} of its controls are not green" if doubts else ""
    desk.person.confirm(f"Close {page.name} in the name of {by}{left}?")
    close_month(page, by, desk.wiring.month_sources)
