"""Days of the books: the date in the United Kingdom."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

_BOOKS_ZONE = ZoneInfo("Europe/London")


def books_date(moment: datetime) -> date:
    """The UK local date of a moment."""
    return moment.astimezone(_BOOKS_ZONE).date()
