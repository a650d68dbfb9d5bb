"""Days of the books: the date in the United Kingdom."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

_BOOKS_ZONE = ZoneInfo("Europe/London")


def books_date(moment: datetime) -> date:
    """The UK local date of a moment."""
    return moment.astimezone(_BOOKS_ZONE).date()


def day_begins(day: date) -> datetime:
    """The moment at which a day begins in the United Kingdom, in UTC."""
    return datetime.combine(day, time(), _BOOKS_ZONE).astimezone(UTC)
