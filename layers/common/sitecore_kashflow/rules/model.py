"""What a shop may decide, as values. `default_rules.yaml` beside this file is a complete example."""

import re
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ..canonical.money import Amount
from .payments import GiftCardRules, PaymentRules

_STRICT = ConfigDict(frozen=True, extra="forbid")
_SECTION = _STRICT | ConfigDict(defer_build=True)
"""A section is checked as a part of the whole; a checker of its own is made only if it is ever read alone."""
_HIGHEST_NUMBER = 999_999_999

Supply = Literal["goods", "digital", "service"]
"""What is sold: goods, a digital service (download or stream), or any other service."""

CHARGE_AS_GOODS = ("as_goods", "highest_rate")
"""Instead of having a class of its own, a charge may follow the goods: in proportion, or at their highest rate."""


class OrderRules(BaseModel):
    model_config = _SECTION

    due: tuple[str, ...]
    not_due: tuple[str, ...]
    cancelled: tuple[str, ...]
    home_currency: str = Field(pattern=r"^[A-Z]{3}$")
    currency_when_missing: str | None = Field(None, pattern=r"^[A-Z]{3}$")
    payment_terms_days: int = Field(0, ge=0, le=365)
    bundles: Literal["park", "parent", "children"] = "park"
    tax_point: Literal["order", "first_of"] = "order"
    on_dispatch: Literal["dispatch_day", "issue_day"] = "dispatch_day"
    deposits: Literal["each_day", "each_vat_period"] = "each_day"
    vat_periods_end: tuple[Annotated[int, Field(ge=1, le=12)], ...] = Field((3, 6, 9, 12), min_length=1)
    locked_period: Literal["park", "first_open_day"] = "park"
    zero_total: Literal["post", "leave_out"] = "post"
    largest_amount: Amount = Field(gt=0)


class InvoiceRules(BaseModel):
    """Who numbers the invoices: KashFlow, or the bridge, which reserves numbers from `first` to `last` inclusive."""

    model_config = _SECTION

    numbering: Literal["kashflow", "reserved"] = "kashflow"
    first: int | None = Field(default=None, ge=1, le=_HIGHEST_NUMBER)
    last: int | None = Field(default=None, ge=1, le=_HIGHEST_NUMBER)

    @model_validator(mode="after")
    def range_is_whole(self) -> "InvoiceRules":
        """Reserved numbers need a range to come from."""
        if self.numbering == "reserved" and (self.first is None or self.last is None):
            raise ValueError("`reserved` needs a range: set `first` and `last`")
        if self.first is not None and self.last is not None and self.first > self.last:
            raise ValueError(f"the range ends at {self.last}, before it begins at {self.first}")
        return self

    @property
    def number_range(self) -> tuple[int, int] | None:
        """First and last number to reserve from; None where KashFlow numbers."""
        if self.numbering == "kashflow" or self.first is None or self.last is None:
            return None
        return self.first, self.last


class CustomerRules(BaseModel):
    model_config = _SECTION

    identity: Literal["user", "buyer"]
    code_prefix: str = Field(pattern=r"^[A-Z0-9]{1,4}$")
    guest_user_ids: tuple[str, ...] = ()
    guest_email_paths: tuple[str, ...] = ()
    guest_name: str = Field("Web guest", min_length=2)
    vat_number_paths: tuple[str, ...] = ()
    no_company: tuple[str, ...] = ()

    @cached_property
    def words_for_no_company(self) -> frozenset[str]:
        """What stands in the field for a company's name where there is none, in lower case."""
        return frozenset(word.casefold() for word in self.no_company)


class VatClass(BaseModel):
    model_config = _SECTION

    rate: Amount = Field(ge=0, le=100)
    exempt: bool = False


class OssRules(BaseModel):
    """One Stop Shop: whether the shop charges EU countries' own VAT rates, and what they are."""

    model_config = _SECTION

    goods: bool = False
    digital: bool = False
    rates: dict[str, dict[str, Amount]] = {}


class VatRules(BaseModel):
    model_config = _SECTION

    classes: dict[str, VatClass]
    class_words: dict[str, str] = {}
    class_when_missing: str | None = None
    class_paths: tuple[str, ...] = ()
    rate_paths: tuple[str, ...] = ()
    amount_paths: tuple[str, ...] = ()
    domestic_countries: tuple[str, ...]
    eu_countries: tuple[str, ...] = ()
    ships_from: Literal["great_britain", "northern_ireland"] = "great_britain"
    northern_ireland_to_eu: Literal["park", "dispatch"] = "park"
    export_class: str
    reverse_charge_class: str
    outside_scope_class: str
    oss: OssRules = OssRules()
    vat_number_formats: dict[str, str] = {}
    supply_paths: tuple[str, ...] = ()
    supply_words: dict[str, Supply] = {}
    prices_include_vat: bool = False
    prices_include_vat_paths: tuple[str, ...] = ()
    shipping_class: str
    fees_class: str
    gratuity_class: str

    @model_validator(mode="after")
    def names_known_classes(self) -> "VatRules":
        """Every class that a rule names is defined."""
        named = {self.export_class, self.reverse_charge_class, self.outside_scope_class}
        named |= {self.shipping_class, self.fees_class, self.gratuity_class} - set(CHARGE_AS_GOODS)
        named |= {self.class_when_missing} if self.class_when_missing else set()
        unknown = sorted((named | set(self.class_words.values())) - set(self.classes))
        if unknown:
            raise ValueError(f"no such VAT class: {', '.join(unknown)}; defined are {', '.join(self.classes)}")
        return self

    @field_validator("vat_number_formats")
    @classmethod
    def formats_are_patterns(cls, value: dict[str, str]) -> dict[str, str]:
        """Every format is a regular expression."""
        for country, pattern in value.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{country}: no regular expression ({error})") from None
        return value

    @cached_property
    def class_by_word(self) -> dict[str, str]:
        """The class for each of the shop's words in upper case, including the classes' own names."""
        own = {name.upper(): name for name in self.classes}
        return {word.upper(): name for word, name in self.class_words.items()} | own

    @cached_property
    def supply_by_word(self) -> dict[str, Supply]:
        """The kind of supply for each of the shop's words in upper case."""
        return {word.upper(): supply for word, supply in self.supply_words.items()}


class CurrencyRules(BaseModel):
    """The currency in which an order is booked, and where rates (foreign units per home unit) come from.

    `valid_for`: a dated rate holds to the end of its month, or for so many days after its own.
    """

    model_config = _SECTION

    mode: Literal["as_ordered", "convert_to_home"] = "as_ordered"
    rates: Literal["kashflow", "fixed", "dated"] = "kashflow"
    valid_for: Literal["month"] | Annotated[int, Field(ge=0, le=366)] = "month"
    fixed: dict[str, Amount] = {}
    dated: dict[str, dict[date, Amount]] = {}

    @model_validator(mode="after")
    def rates_are_positive(self) -> "CurrencyRules":
        """Amounts are divided by the rate."""
        if any(
            rate <= 0 for rate in (*self.fixed.values(), *(r for days in self.dated.values() for r in days.values()))
        ):
            raise ValueError("an exchange rate is more than nothing")
        return self


class NominalRules(BaseModel):
    model_config = _SECTION

    goods: int
    by_tax_class: dict[str, int] = {}
    by_supply: dict[Supply, int] = {}
    by_product: dict[str, int] = {}
    discount: int
    rounding: int
    deposit: int | None = None
    gift_card: int
    shipping: int
    fees: int
    gratuity: int


class Rules(BaseModel):
    """The whole document. `version` is recorded on every document made under these rules."""

    model_config = _STRICT

    version: str = Field(min_length=1, max_length=40)
    orders: OrderRules
    invoices: InvoiceRules = InvoiceRules()
    customers: CustomerRules
    vat: VatRules
    currency: CurrencyRules = CurrencyRules()
    nominal_codes: NominalRules
    payments: PaymentRules
    gift_cards: GiftCardRules

    @model_validator(mode="after")
    def cards_clear_by_themselves(self) -> "Rules":
        """Gift cards and store credit that pay an order go through accounts of their own: they are no money."""
        paying = self.payments.gift_card_types if self.gift_cards.kind == "multi" else ()
        clearing = {row.type for row in self.payments.accounts if row.bank_account}
        lacking = [one for one in (*paying, *self.payments.store_credit_types) if one not in clearing]
        if lacking:
            raise ValueError(f"`payments.accounts` has no row with a clearing account for {', '.join(lacking)}")
        return self

    @field_validator("version", mode="before")
    @classmethod
    def version_is_text(cls, value: object) -> object:
        """A bare number in YAML is accepted as a version."""
        return str(value) if isinstance(value, int) else value

    @model_validator(mode="after")
    def deposits_have_an_account(self) -> "Rules":
        """A payment before the goods is booked as a liability, on an account of its own."""
        if self.orders.tax_point == "first_of" and self.nominal_codes.deposit is None:
            raise ValueError("`orders.tax_point: first_of` needs `nominal_codes.deposit`, a code for deposits")
        return self
