"""Reading request bodies: property names in any case, unknown ones ignored, values brought to one type."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.kashflow.refusals import RefusalError, bad_request

Record = dict[str, Any]
Reader = Callable[[Any, str], Any]

_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_TOO_MUCH = Decimal(10) ** 10
_NO_DATE = {date(1900, 1, 1), date(1, 1, 1), date(1970, 1, 1)}


class Shape:
    """The writable properties of one kind of object and how each is read."""

    def __init__(self, **readers: Reader) -> None:
        self.names = tuple(readers)
        self._readers = {name.lower(): (name, reader) for name, reader in readers.items()}

    def read(self, document: Any, what: str) -> Record:
        """The known properties that are present, under their proper names. Raises RefusalError (400)."""
        if not isinstance(document, dict):
            raise bad_request(f"{what} must be an object")
        found: Record = {}
        for name, value in document.items():
            known = self._readers.get(name.lower())
            if known is not None:
                proper, reader = known
                found[proper] = None if value is None else reader(value, proper)
        return found


def text(value: Any, name: str) -> str:
    """A string; numbers are taken as written."""
    if isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    raise _unfit(name, "text")


def whole(value: Any, name: str) -> int:
    """An integer; `20`, `20.0` and `"20"` are the same."""
    number = amount(value, name)
    if number != number.to_integral_value():
        raise _unfit(name, "a whole number")
    return int(number)


def amount(value: Any, name: str) -> Decimal:
    """A decimal number."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise _unfit(name, "a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise _unfit(name, "a number") from None
    if not number.is_finite() or abs(number) >= _TOO_MUCH:
        raise _unfit(name, "a number")
    return number


def flag(value: Any, name: str) -> bool:
    """A truth value; 0, 1 and the words are taken too."""
    known = {"true": True, "1": True, "false": False, "0": False}
    word = str(value).lower()
    if word not in known:
        raise _unfit(name, "true or false")
    return known[word]


def day(value: Any, name: str) -> date | None:
    """The date part of a date as written; the system's "no date" values give None."""
    if not isinstance(value, str):
        raise _unfit(name, "a date")
    if not value:
        return None
    written = value.strip()
    try:
        found = date.fromisoformat(written if len(written) == 8 else written[:10])
    except ValueError:
        raise _unfit(name, "a date") from None
    if len(written) > 10 and written[10] not in " T":
        raise _unfit(name, "a date")
    if found in _NO_DATE:
        return None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise _unfit(name, f"a date from {_FIRST_YEAR} to {_LAST_YEAR}")
    return found


def one(shape: Shape) -> Reader:
    """A nested object."""
    return shape.read


def many(shape: Shape) -> Reader:
    """A list of nested objects."""

    def read(value: Any, name: str) -> list[Record]:
        if not isinstance(value, list):
            raise _unfit(name, "a list")
        return [shape.read(item, f"{name}[{position}]") for position, item in enumerate(value)]

    return read


def _unfit(name: str, wanted: str) -> RefusalError:
    return bad_request(f"{name} must be {wanted}")
