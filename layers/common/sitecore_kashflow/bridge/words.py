"""Amounts, moments and numbers as people read them."""

from datetime import UTC, datetime

from .values import Money, Sums

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


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
