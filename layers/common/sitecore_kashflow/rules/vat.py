"""The VAT section of the rules: classes with their box of the return, places, One Stop Shop, charges (docs/vat.md)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from ..canonical.money import Amount
from .section import SECTION

Box = Literal["taxable", "zero", "exempt", "abroad", "none"]
"""Where a sale stands on the UK VAT return. All but `none` are in Box 6; `none` is no supply, and in no box."""

Supply = Literal["goods", "digital", "service", "intangible", "land", "event", "voucher"]
"""What is sold: goods; a download; a service; one of VATA Schedule 4A, paragraph 16; one tied to land; admission to
an event; a gift card."""

Scheme = Literal["union", "ioss", "non_union"]
"""Of the EU: for goods from Northern Ireland, for goods imported from Great Britain, for services."""

CHARGE_AS_GOODS = ("as_charged", "as_goods", "highest_rate")
"""Instead of having a class of its own, a charge may follow the goods: in proportion, or at their highest rate.

`as_charged` is in proportion too, unless only the class for missing words brings the shop's VAT to the penny.
"""


_NOT_SOLD_HERE = {
    **{name: {"rate": 0, "box": "abroad"} for name in ("export", "reverse_charge", "outside_scope")},
    "no_supply": {"rate": 0, "box": "none"},
}
"""Classes that are there even where a shop's own document names only those of its goods."""


class DatedRate(BaseModel):
    """A percentage, and the ones that replaced it, each by its first day."""

    model_config = SECTION

    rate: Amount = Field(ge=0, le=100)
    valid_from: dict[date, Amount] = {}

    def rate_on(self, day: date) -> Decimal:
        """The percentage on a day: the newest that had begun."""
        begun = [first for first in self.valid_from if first <= day]
        return self.valid_from[max(begun)] if begun else self.rate


class VatClass(DatedRate):
    """A treatment. `park` is a reason: whatever is of the class waits for a person (margin scheme and the like)."""

    box: Box | None = None
    excise: bool = False
    park: str = ""

    @property
    def in_box(self) -> Box:
        """Its box; taxable or zero by the percentage where the rules say nothing."""
        return self.box or ("taxable" if self.rate or self.valid_from else "zero")

    @model_validator(mode="after")
    def only_taxable_has_a_percentage(self) -> "VatClass":
        """What is in another box carries no UK VAT."""
        if self.box not in (None, "taxable") and any((self.rate, *self.valid_from.values())):
            raise ValueError(f"a class of box {self.box} carries no VAT: its rate is 0")
        return self


class OssRules(BaseModel):
    """One Stop Shop: the schemes that the shop is registered for, and EU countries' own percentages.

    The net goes to `nominal`, that country's VAT to `liability`. `limit` is the largest consignment under IOSS,
    without delivery and VAT, by currency.
    """

    model_config = SECTION

    scheme: tuple[Scheme, ...] = ()
    rates: dict[str, dict[str, Amount | DatedRate]] = {}
    limit: dict[str, Amount] = {"GBP": Decimal(135), "EUR": Decimal(150)}
    nominal: int = 4050
    liability: int = 2205

    @field_validator("scheme", mode="before")
    @classmethod
    def one_or_several(cls, value: object) -> object:
        """A single word is a list of one."""
        return [value] if isinstance(value, str) else value

    def rate_on(self, country: str, tax_class: str, day: date) -> Decimal | None:
        """The country's percentage on a day; None if the rules have none."""
        found = self.rates.get(country, {}).get(tax_class)
        return found.rate_on(day) if isinstance(found, DatedRate) else found


class VatRules(BaseModel):
    model_config = SECTION

    classes: dict[str, VatClass]
    class_words: dict[str, str] = {}
    class_when_missing: str | None = None
    class_paths: tuple[str, ...] = ()
    rate_paths: tuple[str, ...] = ()
    amount_paths: tuple[str, ...] = ()
    country_when_missing: str | None = Field(None, pattern=r"^[A-Z]{2}$")
    domestic_countries: tuple[str, ...]
    eu_countries: tuple[str, ...] = ()
    ships_from: Literal["great_britain", "northern_ireland"] = "great_britain"
    ships_from_abroad: Literal["park", "as_from_here"] = "park"
    northern_ireland_to_eu: Literal["park", "dispatch"] = "park"
    land_and_events: Literal["park", "domestic"] = "park"
    export_class: str
    reverse_charge_class: str
    outside_scope_class: str
    no_supply_class: str
    oss: OssRules = OssRules()
    supply_paths: tuple[str, ...] = ()
    supply_words: dict[str, Supply] = {}
    prices_include_vat: bool = False
    prices_include_vat_paths: tuple[str, ...] = ()
    shipping_class: str
    fees_class: str
    gratuity_class: str

    @field_validator("classes", mode="before")
    @classmethod
    def with_what_is_not_sold_here(cls, value: object) -> object:
        """A shop's own classes need not say what an export is."""
        return (
            {**value, **{name: one for name, one in _NOT_SOLD_HERE.items() if name not in value}}
            if isinstance(value, Mapping)
            else value
        )

    @field_validator("class_words", mode="before")
    @classmethod
    def true_is_a_word(cls, value: object) -> object:
        """`true` and `false` of YAML and JSON are words of the shop, too."""
        return {str(word): name for word, name in value.items()} if isinstance(value, Mapping) else value

    @model_validator(mode="after")
    def names_known_classes(self) -> "VatRules":
        """Every class that a rule names is defined."""
        named = {self.export_class, self.reverse_charge_class, self.outside_scope_class, self.no_supply_class}
        named |= {self.shipping_class, self.fees_class, self.gratuity_class} - set(CHARGE_AS_GOODS)
        named |= {self.class_when_missing} if self.class_when_missing else set()
        unknown = sorted((named | set(self.class_words.values())) - set(self.classes))
        if unknown:
            raise ValueError(f"no such VAT class: {', '.join(unknown)}; defined are {', '.join(self.classes)}")
        return self

    @cached_property
    def class_by_word(self) -> dict[str, str]:
        """The class for each of the shop's words in upper case, including the classes' own names."""
        own = {name.upper(): name for name in self.classes}
        return {word.strip().upper(): name for word, name in self.class_words.items()} | own

    @cached_property
    def supply_by_word(self) -> dict[str, Supply]:
        """The kind of supply for each of the shop's words in upper case."""
        return {word.strip().upper(): supply for word, supply in self.supply_words.items()}
