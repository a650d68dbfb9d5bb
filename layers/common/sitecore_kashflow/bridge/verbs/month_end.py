"""`month-end`: the twelve controls of a month on one page, and the person who closes it."""

from argparse import Namespace
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ...canonical.days import books_date
from ...errors import PermanentError
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
            return cls(key.strip().casefold(), Decimal(amount.strip().replace(",", "")))
        except InvalidOperation:
            raise ValueError(f"{text!r} is not a figure such as gateway:1202=123.45") from None


def show_month_end(asked: Namespace, desk: Desk) -> MonthEndReport:
    """The page of a month: figures entered first, then all compared and shown, then closed if that was asked for."""
    month = _month_so_far(asked, desk)
    _enter(asked, desk)
    agreement = compared(month, desk)
    sources, rules = desk.wiring.month_sources, desk.wiring.rules_source()
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


def _enter(asked: Namespace, desk: Desk) -> None:
    if (asked.figures or asked.close) and not asked.by:
        raise PermanentError("NAME_MISSING", 'A figure and a closing bear a name. Give --by "A. Name".')
    for one in asked.figures:
        entered = Entered(one.amount, asked.by, desk.wiring.clock())
        desk.wiring.closings.enter(f"{asked.month:%Y-%m}", one.key, entered)


def _close(page: MonthEnd, by: str, desk: Desk) -> None:
    red = [str(one.number) for one in page.controls if one.colour is Colour.RED]
    grey = [str(one.number) for one in page.controls if one.colour is Colour.GREY]
    doubts = [f"{len(some)} {what} ({', '.join(some)})" for some, what in ((red, "red"), (grey, "grey")) if some]
    left = f" although {' and '.join(doubts)} of its controls are not green" if doubts else ""
    desk.person.confirm(f"Close {page.name} in the name of {by}{left}?")
    close_month(page, by, desk.wiring.month_sources)
