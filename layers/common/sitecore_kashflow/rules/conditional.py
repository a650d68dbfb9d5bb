"""Conditional rules: when an order is like this, set that (docs/mapping.md#conditional-rules)."""

from datetime import date as Day  # noqa: N812 -- a field is called `date`
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, model_validator

from ..canonical.countries import country_code, is_country
from ..canonical.money import Amount
from ..canonical.order import LONGEST_TERMS
from .globs import OneOrSeveral, Patterns
from .section import SECTION

ORDER_FIELDS = ("terms_days", "customer", "reference", "text", "hold", "leave_out")
LINE_FIELDS = ("nominal", "vat_class")
ADDED_FIELDS = ("reference", "text", "hold")
"""Where several rules hold, each of these is added; of any other, the last one is in force."""

_ORDER_PLACES, _LINE_PLACES = ("Order", "FromUser"), ("LineItem", "Product")


def is_of_line(path: str) -> bool:
    """Whether a path leads to something of one line."""
    return path.partition(".")[0] in _LINE_PLACES


def _known_path(path: str) -> str:
    place, _, name = path.partition(".xp.")
    if place not in (*_ORDER_PLACES, *_LINE_PLACES) or not name:
        raise ValueError("a path begins with Order.xp., FromUser.xp., LineItem.xp. or Product.xp.")
    return path


def _path_of_order(path: str) -> str:
    if is_of_line(_known_path(path)):
        raise ValueError("this path begins with Order.xp. or FromUser.xp.")
    return path


def _known_country(text: str) -> str:
    code = country_code(text)
    if not is_country(code.partition("-")[0]):
        hint = '; YAML reads an unquoted NO as false: write "NO"' if text == "false" else ""
        raise ValueError(f"{text!r} is no ISO country code{hint}")
    return code


Path = Annotated[str, Field(max_length=100), AfterValidator(_known_path)]
Country = Annotated[str, AfterValidator(_known_country)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Total(BaseModel):
    """What the order comes to, in its own currency: this much or more, and less than that."""

    model_config = SECTION

    at_least: Amount | None = None
    below: Amount | None = None


class Days(BaseModel):
    """UK days on which the order was placed, both included."""

    model_config = SECTION

    first: Day | None = None
    last: Day | None = None


class When(BaseModel):
    """All that is named must be so; of several words for one thing, one. Empty: always.

    `country`, `postcode`, `product` and the tags of `LineItem` and `Product` are asked of each line. Of the order as a
    whole, the rule holds if any line is like that, or with `lines: all` if every line is.
    """

    model_config = SECTION

    buyer: Patterns = ()
    customer: Literal["company", "consumer"] | None = None
    country: Annotated[tuple[Country, ...], *OneOrSeveral] = ()
    postcode: Patterns = ()
    currency: Annotated[tuple[Currency, ...], *OneOrSeveral] = ()
    product: Patterns = ()
    tags: dict[Path, Patterns] = {}
    payment: Patterns = ()
    total: Total = Total()
    date: Days = Days()
    lines: Literal["any", "all"] = "any"

    @cached_property
    def order_tags(self) -> dict[str, tuple[str, ...]]:
        return {path: words for path, words in self.tags.items() if not is_of_line(path)}

    @cached_property
    def line_tags(self) -> dict[str, tuple[str, ...]]:
        return {path: words for path, words in self.tags.items() if is_of_line(path)}

    @property
    def is_about_lines(self) -> bool:
        return bool(self.country or self.postcode or self.product or self.line_tags)


class Set(BaseModel):
    """What is set: `nominal` and `vat_class` of each line that is like that, the rest of the order as a whole."""

    model_config = SECTION

    nominal: int | None = Field(None, ge=1)
    vat_class: str | None = None
    terms_days: int | None = Field(None, ge=0, le=LONGEST_TERMS)
    customer: Literal["user", "buyer"] | None = None
    reference: Annotated[str, Field(max_length=100), AfterValidator(_path_of_order)] | None = None
    text: str | None = Field(None, min_length=1, max_length=1000)
    hold: str | None = Field(None, min_length=1, max_length=200)
    leave_out: Literal[True] | None = None

    def says(self, fields: tuple[str, ...]) -> list[str]:
        """Which of the fields it sets."""
        return [name for name in fields if getattr(self, name) is not None]


class ConditionalRule(BaseModel):
    model_config = SECTION

    name: str = Field(min_length=1, max_length=60)
    when: When
    set: Set

    @model_validator(mode="after")
    def does_something(self) -> "ConditionalRule":
        """It sets something, leaves out no order for one line of it, and taxes none by how it is paid."""
        if not self.set.says((*ORDER_FIELDS, *LINE_FIELDS)):
            raise ValueError(f"the rule {self.name!r} sets nothing")
        if self.set.leave_out and self.when.is_about_lines and self.when.lines == "any":
            raise ValueError(
                f"the rule {self.name!r} would leave out a whole order for one line: add `lines: all` to its `when`"
            )
        if self.set.vat_class and self.when.payment:
            raise ValueError(f"the rule {self.name!r} sets a VAT class by the payment, on which no VAT depends")
        return self


class ConditionalRules(BaseModel):
    """The rules in their order. `first`: for the order, and for each line, only the first that holds; or `all`."""

    model_config = SECTION

    mode: Literal["first", "all"] = "first"
    rules: tuple[ConditionalRule, ...] = Field(default=(), max_length=100)

    @model_validator(mode="after")
    def names_are_unique(self) -> "ConditionalRules":
        """The ledger and the messages know a rule by its name."""
        names = [rule.name.casefold() for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two rules are called {', '.join(twice)}")
        return self

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Where the shop must be asked for what the rules compare or show."""
        asked = [path for rule in self.rules for path in (*rule.when.tags, rule.set.reference) if path]
        return tuple(dict.fromkeys(asked))
