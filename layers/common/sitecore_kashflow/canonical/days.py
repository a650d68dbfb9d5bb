"""Days of the books: the date in the United Kingdom."""

from calendar import monthrange
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

_BOOKS_ZONE = ZoneInfo("Europe/London")


def books_date(moment: datetime) -> date:
    """The UK local date of a moment."""
    return moment.astimezone(_BOOKS_ZONE).date()


def day_begins(day: date) -> datetime:
    """The moment at which a day begins in the United Kingdom, in UTC."""
    return datetime.combine(day, time(), _BOOKS_ZONE).astimezone(UTC)


def months_later(day: date, months: int) -> date:
    """The same day so many months later; the last of that month if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of_day(day: date) -> datetime:
    """The last moment of a UK day."""
    return datetime.combine(day, time.max, _BOOKS_ZONE).astimezone(UTC)
