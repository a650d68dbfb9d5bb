"""Finds conditional rules that can never hold, or never count because of another one, as far as that can be told."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import takewhile
from typing import TypeVar

from ..canonical.countries import postal_country
from ..canonical.money import ZERO
from ..errors import PermanentError
from .conditional import ADDED_FIELDS, LINE_FIELDS, ORDER_FIELDS, ConditionalRule, ConditionalRules, When
from .globs import covers
from .verdict import plain_postcode

_BEGIN_WITH = {"JE": ("JE",), "GG": ("GY",), "IM": ("IM",), "XI": ("BT",)}
_OF_DIGITS = frozenset("AT BE BG CH CY CZ DE DK EE ES FI FR GR HR HU IT LT LU NO PL PT RO SE SI SK".split())  # noqa: SIM905
"""Countries whose postcodes have digits alone, perhaps with the country's own letters in front."""
_ALL = (*ORDER_FIELDS, *LINE_FIELDS)
_Value = TypeVar("_Value", Decimal, date)


def require_no_idle_rules(rules: ConditionalRules) -> None:
    """Raise `PermanentError` that names every rule which can never hold or count, and why."""
    words = list(idle_rules(rules))
    if words:
        raise PermanentError("RULES_NEVER_HOLD", " ".join(words) + " Correct or remove what is named.")


def idle_rules(rules: ConditionalRules) -> Iterator[str]:
    """A sentence for each reason why a rule does nothing."""
    for position, rule in enumerate(rules.rules):
        contradictions = list(_contradictions(rule.when))
        yield from (f"Rule {rule.name!r} can never hold: {why}." for why in contradictions)
        if not contradictions and rules.mode == "first":
            yield from _unreached(rule, rules.rules[:position])
        elif not contradictions:
            yield from _overruled(rule, rules.rules[position + 1 :])


def _contradictions(when: When) -> Iterator[str]:
    total, days = when.total, when.date
    if total.below is not None and total.below <= max(total.at_least or ZERO, ZERO):
        yield f"no total is at least {max(total.at_least or ZERO, ZERO)} and below {total.below}"
    if days.first and days.last and days.last < days.first:
        yield f"its last day, {days.last}, is before its first, {days.first}"
    if when.country and when.postcode:
        pairs = [(country, plain_postcode(one)) for country in when.country for one in when.postcode]
        if not any(_may_be_in(country, pattern) for country, pattern in pairs):
            yield f"no postcode of {', '.join(when.country)} is like {', '.join(when.postcode)}"


def _may_be_in(country: str, pattern: str) -> bool:
    """Whether a postcode of a country may be like a pattern. True where little is known of its postcodes."""
    begins = pattern.partition("*")[0]
    if country in _BEGIN_WITH:
        return any(_may_begin(begins, letters, is_open="*" in pattern) for letters in _BEGIN_WITH[country])
    if country == "GB":
        return not begins[:1].isdigit() and not begins.startswith(("JE", "GY", "IM"))
    if country.partition("-")[0] not in _OF_DIGITS:
        return True
    letters = "".join(takewhile(str.isalpha, pattern))
    return len(letters) <= 1 or letters in (country[:2], "EL")


def _may_begin(begins: str, letters: str, *, is_open: bool) -> bool:
    if len(begins) < len(letters) and not is_open:
        return False
    return all(sign in ("?", letter) for sign, letter in zip(begins, letters, strict=False))


def _unreached(rule: ConditionalRule, before: Sequence[ConditionalRule]) -> Iterator[str]:
    """In `first` mode, a rule for which an earlier one always comes first."""
    for fields, what in ((ORDER_FIELDS, "the order"), (LINE_FIELDS, "a line")):
        speaking = [one for one in before if one.set.says(fields)] if rule.set.says(fields) else []
        first = next((one for one in speaking if implies(rule.when, one.when)), None)
        if first:
            yield f"Rule {rule.name!r} never decides about {what}: {first.name!r} comes first whenever it would hold."


def _overruled(rule: ConditionalRule, after: Sequence[ConditionalRule]) -> Iterator[str]:
    """In `all` mode, a rule of which a later one always replaces all that it sets."""
    own = set(rule.set.says(_ALL))
    last = next((one for one in after if own <= set(one.set.says(_ALL)) and implies(rule.when, one.when)), None)
    if last and not own & set(ADDED_FIELDS):
        yield f"Rule {rule.name!r} never counts: {last.name!r} always sets the same after it."


def implies(narrow: When, wide: When) -> bool:
    """Whether `wide` surely holds, of the order and of each line, wherever `narrow` does."""
    if wide.is_about_lines and wide.lines == "all" and narrow.lines == "any":
        return False
    paths = [(narrow.tags.get(path, ()), words) for path, words in wide.tags.items()]
    words = [(narrow.buyer, wide.buyer), (narrow.product, wide.product), (narrow.payment, wide.payment), *paths]
    postcodes = [tuple(map(plain_postcode, one.postcode)) for one in (narrow, wide)]
    return (
        all(_are_covered(*one) for one in (*words, (postcodes[0], postcodes[1])))
        and wide.customer in (None, narrow.customer)
        and _are_among(narrow.currency, wide.currency)
        and _are_among([_as_named(one, wide.country) for one in narrow.country], wide.country)
        and _is_within(narrow, wide)
    )


def _are_covered(narrow: Sequence[str], wide: Sequence[str]) -> bool:
    is_named = bool(narrow) or not wide
    return is_named and all(any(covers(one, own) for one in wide) for own in narrow if wide)


def _are_among(narrow: Sequence[str], wide: Sequence[str]) -> bool:
    return not wide or (bool(narrow) and set(narrow) <= set(wide))


def _as_named(country: str, names: Sequence[str]) -> str:
    """A part of a country as the country, where only that is named."""
    return country if country in names else postal_country(country.partition("-")[0])


def _is_within(narrow: When, wide: When) -> bool:
    """Whether total and days of one lie within those of the other."""
    total, outer, days, around = narrow.total, wide.total, narrow.date, wide.date
    return (
        _begins_within(total.at_least, outer.at_least)
        and _ends_within(total.below, outer.below)
        and _begins_within(days.first, around.first)
        and _ends_within(days.last, around.last)
    )


def _begins_within(narrow: _Value | None, wide: _Value | None) -> bool:
    return wide is None or (narrow is not None and narrow >= wide)


def _ends_within(narrow: _Value | None, wide: _Value | None) -> bool:
    return wide is None or (narrow is not None and narrow <= wide)
