"""What a cell of a payout file says: an amount, a moment, a day. Each raises `ValueError` with words for a person."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from ..canonical.days import books_date
from ..canonical.money import ZERO, minor_unit
from ..rules.gateways import AmountColumns, Amounts, MomentColumns, Names

Cells = Mapping[str, str]

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_DATE = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?\s*([AaPp][Mm])?\s*(Z|[+-]\d{2}:?\d{2})?$")
_FIRST_YEAR = 2000
_HOURS_OF_ZONES = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "BST": 1, "IST": 1, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3,
    "PST": -8, "PDT": -7, "MST": -7, "MDT": -6, "CST": -6, "CDT": -5, "EST": -5, "EDT": -4,
    "AEST": 10, "AEDT": 11, "JST": 9, "SGT": 8, "HKT": 8,
}  # fmt: skip


def first(cells: Cells, names: Names) -> str:
    """The text in the first of these columns that has one."""
    return next((text for name in names if (text := cells.get(name, "").strip())), "")


def amount_in(cells: Cells, columns: AmountColumns, style: Amounts, currency: str) -> Decimal:
    """An amount with its sign; nothing where the cells are empty."""
    if columns.column:
        amount = number(first(cells, columns.column), style, currency)
        return amount if not columns.side or not amount else abs(amount) * _side(first(cells, columns.side), style)
    came, went = (number(first(cells, names), style, currency) for names in (columns.credit, columns.debit))
    return came - went


def number(text: str, style: Amounts, currency: str) -> Decimal:
    """An exact amount in whole minor units of its currency."""
    plain = text.strip().replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", "")
    if style.thousands_sign:
        plain = plain.replace(style.thousands_sign, "")
    plain = plain.replace(style.decimal_sign, ".") if style.decimal_sign != "." else plain
    if not plain:
        return ZERO
    if not _NUMBER.fullmatch(plain):
        raise ValueError(f"{text!r} is no amount; are `decimal_sign` and `thousands_sign` right?")
    unit = minor_unit(currency)
    if style.unit == "minor":
        if "." in plain:
            raise ValueError(f"{text!r} is no whole number of minor units; is `unit: minor` right?")
        return Decimal(plain) * unit
    amount = Decimal(plain)
    if amount % unit:
        raise ValueError(f"{text!r} is finer than {currency} is paid in; is `decimal_sign` right?")
    return amount


def moment_in(cells: Cells, places: tuple[MomentColumns, ...], order: str) -> datetime:
    """The moment in the first place that has one, in UTC."""
    for place in places:
        found = [cells.get(name, "").strip() for name in place.columns]
        if all(found):
            return _moment(" ".join(found), order, first(cells, place.zone_columns) or place.zone)
    raise ValueError(f"no moment in {', '.join(name for place in places for name in place.columns)}")


def day_in(text: str, order: str, zone: str) -> date:
    """The day in the UK of a date, which is taken as it is, or of a moment."""
    return books_date(_moment(text, order, zone)) if ":" in text else _date(text, order)


def _moment(text: str, order: str, zone: str) -> datetime:
    day = _date(text, order)
    found = _TIME.search(text.strip())
    if found is None:
        return datetime(day.year, day.month, day.day, tzinfo=zone_named(zone)).astimezone(UTC)
    hour, minute, second, half, offset = found.groups()
    hours = int(hour) % 12 + (12 if half.upper() == "PM" else 0) if half else int(hour)
    where = _offset(offset) if offset else zone_named(zone)
    try:
        return datetime(day.year, day.month, day.day, hours, int(minute), int(second or 0), tzinfo=where).astimezone(
            UTC
        )
    except ValueError:
        raise ValueError(f"{text!r} is no time of day") from None


def _date(text: str, order: str) -> date:
    found = _DATE.match(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no date")
    parts = dict(zip(order, found.groups(), strict=True))
    year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0)
    if year < _FIRST_YEAR:
        raise ValueError(f"{text!r} is no date of a payment")
    try:
        return date(year, int(parts["m"]), int(parts["d"]))
    except ValueError:
        raise ValueError(f"{text!r} is no date in the order {order}; is `date_order` right?") from None


@cache
def zone_named(name: str) -> tzinfo:
    """A zone by its IANA name or by an abbreviation."""
    if name.upper() in _HOURS_OF_ZONES:
        return timezone(timedelta(hours=_HOURS_OF_ZONES[name.upper()]))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone that is known") from None


def _offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def _side(word: str, style: Amounts) -> int:
    folded = word.upper()
    if folded in map(str.upper, style.credit_words):
        return 1
    if folded in map(str.upper, style.debit_words):
        return -1
    raise ValueError(f"{word!r} is neither a credit nor a debit; add it to `credit_words` or `debit_words`")
