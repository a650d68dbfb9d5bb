"""Amounts, moments and numbers as people read them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from .values import Money, Sums

_MOST_NAMES = 10
_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60))


def amount(money: Money) -> str:
    return f"{money.amount} {money.currency}"


def sums(one: Sums) -> str:
    return f"{one.net} + {one.vat} VAT = {one.gross} {one.currency}"


def moment(at: datetime) -> str:
    """27 November 2026, 14:03 UTC."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def age(seconds: int) -> str:
    """In the largest unit that is there at least once."""
    for unit, size in _UNITS:
        if seconds >= size:
            return counted(seconds // size, unit)
    return counted(seconds, "second")


def listed(names: Sequence[str]) -> str:
    """`A, B and C`; of more than ten, the first ten and how many more."""
    *most, last = names if len(names) <= _MOST_NAMES else [*names[:_MOST_NAMES], f"{len(names) - _MOST_NAMES} more"]
    return f"{', '.join(most)} and {last}" if most else last


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
