"""What a shop keeps in the extended properties (`xp`) of its objects, found by paths such as `LineItem.xp.VatRate`."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

Places = Mapping[str, Mapping[str, Any] | None]


def first_text(paths: Iterable[str], places: Places) -> str:
    """The first text found at `Place.xp.Field` paths; a number counts as text, empty text does not count."""
    return next((str(value) for value in _found(paths, places) if isinstance(value, str | int | Decimal)), "")


def first_number(paths: Iterable[str], places: Places) -> Decimal | None:
    for value in _found(paths, places):
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            continue
        if number.is_finite():
            return number
    return None


def _found(paths: Iterable[str], places: Places) -> Iterable[Any]:
    """The values at paths such as `LineItem.xp.VatRate`, leaving out missing and empty ones, true and false."""
    return (value for value in values(paths, places) if value != "" and not isinstance(value, bool))


def values(paths: Iterable[str], places: Places) -> Iterable[Any]:
    for path in paths:
        place, steps = _steps(path)
        value: Any = places.get(place)
        for step in steps:
            value = value.get(step) if value and isinstance(value, dict) else None
            if value is None:
                break
        else:
            yield value


@cache
def _steps(path: str) -> tuple[str, tuple[str, ...]]:
    """`Product.xp.Tax.Code` is (Product, (Tax, Code))."""
    place, _, rest = path.partition(".xp.")
    return place, tuple(rest.split("."))
