"""What the conditional rules say about one order: which rule set what, for the order and for each line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..canonical.countries import is_country, postal_country, postcode_in, territory
from ..canonical.days import books_date
from ..canonical.order import Order, OrderLine
from .conditional import ADDED_FIELDS, LINE_FIELDS, ORDER_FIELDS, ConditionalRule, ConditionalRules, When
from .globs import matches


@dataclass(frozen=True)
class Said:
    """One thing that one rule sets."""

    rule: str
    field: str
    value: Any


@dataclass(frozen=True)
class Verdict:
    """All that is in force for an order. `lines` has what is for each of its lines, in their sequence."""

    order: tuple[Said, ...] = ()
    lines: tuple[tuple[Said, ...], ...] = ()

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the rules that decided something."""
        everything = (*self.order, *(one for said in self.lines for one in said))
        return tuple(dict.fromkeys(one.rule for one in everything))

    def of(self, field: str) -> list[Said]:
        """What is set for a field of the order."""
        return [one for one in self.order if one.field == field]

    def value(self, field: str, otherwise: Any) -> Any:
        return next((one.value for one in self.of(field)), otherwise)

    def of_line(self, position: int) -> Mapping[str, Any]:
        """What is set for the line at a position, by field."""
        return {one.field: one.value for one in self.lines[position]} if self.lines else {}


NOTHING_SAID = Verdict()


def verdict_on(order: Order, rules: ConditionalRules) -> Verdict:
    """What the rules say about an order. A rule that is wholly overruled by later ones is not named."""
    if not rules.rules:
        return NOTHING_SAID
    holding = [(rule, lines) for rule in rules.rules if (lines := _lines_of(rule.when, order)) is not None]
    return Verdict(
        _said([rule for rule, _ in holding], ORDER_FIELDS, rules.mode),
        tuple(
            _said([rule for rule, lines in holding if position in lines], LINE_FIELDS, rules.mode)
            for position in range(len(order.lines))
        ),
    )


def _said(rules: Sequence[ConditionalRule], fields: tuple[str, ...], mode: str) -> tuple[Said, ...]:
    """What is in force of these rules, all of which hold."""
    speaking = [rule for rule in rules if rule.set.says(fields)]
    said: list[Said] = []
    for rule in speaking[:1] if mode == "first" else speaking:
        new = [Said(rule.name, name, getattr(rule.set, name)) for name in rule.set.says(fields)]
        overruled = {one.field for one in new} - set(ADDED_FIELDS)
        said = [one for one in said if one.field not in overruled] + new
    return tuple(said)


def _lines_of(when: When, order: Order) -> set[int] | None:
    """The positions of the lines that a rule is for; None if it does not hold of the order."""
    if not all(_is_met(when, order)):
        return None
    if not when.is_about_lines:
        return set(range(len(order.lines)))
    found = {position for position, line in enumerate(order.lines) if all(_is_met_by_line(when, line))}
    is_enough = len(found) == len(order.lines) if when.lines == "all" else found
    return found if found and is_enough else None


def _is_met(when: When, order: Order) -> Iterator[bool]:
    """Each condition about the order as a whole."""
    day = books_date(order.placed_at)
    yield not when.buyer or matches(order.buyer, when.buyer)
    yield when.customer is None or order.is_company == (when.customer == "company")
    yield not when.currency or order.currency in when.currency
    yield not when.payment or any(matches(one, when.payment) for one in order.payment_types)
    yield when.total.at_least is None or order.total >= when.total.at_least
    yield when.total.below is None or order.total < when.total.below
    yield when.date.first is None or day >= when.date.first
    yield when.date.last is None or day <= when.date.last
    yield _are_tagged(when.order_tags, order.tags)


def _is_met_by_line(when: When, line: OrderLine) -> Iterator[bool]:
    """Each condition about one line."""
    yield not when.country or bool(_countries_of(line) & set(when.country))
    patterns = tuple(map(plain_postcode, when.postcode))
    yield not patterns or any(matches(written, patterns) for written in _postcodes_of(line))
    yield not when.product or matches(line.product_code, when.product)
    yield _are_tagged(when.line_tags, line.tags)


def _are_tagged(wanted: Mapping[str, Sequence[str]], tags: Mapping[str, Sequence[str]]) -> bool:
    """Whether at each path there is a word like one of those that are wanted."""
    return all(any(matches(word, words) for word in tags.get(path, ())) for path, words in wanted.items())


def _countries_of(line: OrderLine) -> set[str]:
    """What a place may be called: by VAT, and as a part of its country. Northern Ireland is XI, and GB."""
    code = territory(line.destination, line.postcode).code
    country = postal_country(code.partition("-")[0])
    return {code, country if is_country(country) else line.destination}


def _postcodes_of(line: OrderLine) -> tuple[str, str]:
    """The postcode as it is written, and without a country in front."""
    return plain_postcode(line.postcode), postcode_in(line.destination, line.postcode)


def plain_postcode(text: str) -> str:
    """A postcode, or a pattern for some, without blanks and hyphens."""
    return re.sub(r"[^A-Z0-9*?]", "", text.upper())
