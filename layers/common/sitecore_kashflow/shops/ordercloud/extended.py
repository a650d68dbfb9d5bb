"""What a shop keeps in the extended properties (`xp`) of its objects, found by paths such as `LineItem.xp.VatRate`."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from ...canonical.order import Unreadable
from ...errors import PermanentError

Places = Mapping[str, Mapping[str, Any] | None]


def first_text(paths: Iterable[str], places: Places) -> str:
    """The first text found; a number counts as text, empty text does not count."""
    said = (value for value in values(paths, places) if isinstance(value, str | int | Decimal))
    return next((str(value) for value in said if value != "" and not isinstance(value, bool)), "")


def stated_word(paths: Iterable[str], places: Places) -> str:
    """The first word found, without blanks around it; `true` is one, `false` says nothing.

    Raises `PermanentError` for what is no word.
    """
    for path in paths:
        for value in values([path], places):
            if not isinstance(value, str | int | Decimal):
                raise _unreadable(path, "a word")
            if value is not False and str(value).strip():
                return str(value).strip()
    return ""


def stated_number(paths: Iterable[str], places: Places) -> Decimal | None:
    """The first number found, as a number or as text. Raises `PermanentError` for what is no number."""
    for path in paths:
        for value in values([path], places):
            if isinstance(value, str) and not value.strip():
                continue
            number = None if isinstance(value, bool) else _number(value)
            if number is None:
                raise _unreadable(path, "a number")
            return number
    return None


def stated_words(paths: Iterable[str], places: Places) -> dict[str, tuple[str, ...]]:
    """The words at each path of these places, several where there is a list. Paths without a word are left out."""
    said = {path: _words(path, places) for path in paths}
    return {path: words for path, words in said.items() if words}


def unreadable_words(paths: Iterable[str], places: Places) -> Iterator[Unreadable]:
    """The paths that lead to something which is neither a word nor a list of words."""
    for path in paths:
        if _words(path, places) is None:
            yield Unreadable(
                "TAG_UNREADABLE",
                f"{path} decides a conditional rule and does not hold a word, or a list of words. Correct it in "
                "Sitecore, or take the path out of `conditional` in the rules; then resume.",
            )


def _words(path: str, places: Places) -> tuple[str, ...] | None:
    """The words at a path; None if something else is there."""
    given = next(iter(values([path], places)), None)
    said = given if isinstance(given, list) else [] if given is None else [given]
    if not all(isinstance(one, str | int | Decimal) for one in said):
        return None
    words = (str(one).lower() if isinstance(one, bool) else str(one).strip() for one in said)
    return tuple(filter(None, words))


def values(paths: Iterable[str], places: Places) -> Iterable[Any]:
    """All that is found at the paths, whatever it is."""
    for path in paths:
        place, steps = _steps(path)
        value: Any = places.get(place)
        for step in steps:
            value = value.get(step) if value and isinstance(value, dict) else None
            if value is None:
                break
        else:
            yield value


def _number(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _unreadable(path: str, wanted: str) -> PermanentError:
    return PermanentError(
        "VAT_WORD_UNREADABLE",
        f"{path} decides the VAT and does not hold {wanted}. Correct it in Sitecore, or take the path out of `vat` in "
        "the rules; then resume.",
    )


@cache
def _steps(path: str) -> tuple[str, tuple[str, ...]]:
    """`Product.xp.Tax.Code` is (Product, (Tax, Code))."""
    place, _, rest = path.partition(".xp.")
    return place, tuple(rest.split("."))
