"""The rules document: everything about the mapping that a shop may decide, as data.

`parse_rules` reads YAML or JSON. The default in `default_rules.yaml` is a complete example; a document
of one's own may leave out what it does not change.
"""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache, cached_property
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..canonical.money import Amount
from ..errors import PermanentError

_STRICT = ConfigDict(frozen=True, extra="forbid")
_HIGHEST_NUMBER = 999_999_999

Supply = Literal["goods", "digital", "service"]
"""What is sold: a thing, a service by download or stream, any other service."""

CHARGE_AS_GOODS = ("as_goods", "highest_rate")
"""Instead of a class, a charge may follow the goods: in proportion, or at their highest percentage."""


class OrderRules(BaseModel):
    model_config = _STRICT

    due: tuple[str, ...]
    not_due: tuple[str, ...]
    cancelled: tuple[str, ...]
    home_currency: str = Field(pattern=r"^[A-Z]{3}$")
    currency_when_missing: str | None = Field(None, pattern=r"^[A-Z]{3}$")
    payment_terms_days: int = Field(0, ge=0, le=365)
    bundles: Literal["park", "parent", "children"] = "park"
    locked_period: Literal["park", "first_open_day"] = "park"


class InvoiceRules(BaseModel):
    """Who numbers: KashFlow, or the ledger, which reserves from `first` to `last`, both included."""

    model_config = _STRICT

    numbering: Literal["kashflow", "reserved"] = "kashflow"
    first: int | None = Field(default=None, ge=1, le=_HIGHEST_NUMBER)
    last: int | None = Field(default=None, ge=1, le=_HIGHEST_NUMBER)

    @model_validator(mode="after")
    def range_is_whole(self) -> "InvoiceRules":
        """Numbers cannot be reserved from nowhere."""
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
    model_config = _STRICT

    identity: Literal["user", "buyer"]
    code_prefix: str = Field(pattern=r"^[A-Z0-9]{1,4}$")
    guest_user_ids: tuple[str, ...] = ()
    guest_email_paths: tuple[str, ...] = ()
    guest_name: str = Field("Web guest", min_length=2)
    vat_number_paths: tuple[str, ...] = ()


class VatClass(BaseModel):
    model_config = _STRICT

    rate: Amount = Field(ge=0, le=100)
    exempt: bool = False


class OssRules(BaseModel):
    """One Stop Shop: whether the shop charges the percentages of EU countries, and which."""

    model_config = _STRICT

    goods: bool = False
    digital: bool = False
    rates: dict[str, dict[str, Amount]] = {}


class VatRules(BaseModel):
    model_config = _STRICT

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
        """Every class that a rule speaks of is defined."""
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
        """The class of every word in upper case, the classes' own names included."""
        own = {name.upper(): name for name in self.classes}
        return {word.upper(): name for word, name in self.class_words.items()} | own

    @cached_property
    def supply_by_word(self) -> dict[str, Supply]:
        """The kind of supply of every word in upper case."""
        return {word.upper(): supply for word, supply in self.supply_words.items()}


class CurrencyRules(BaseModel):
    """In which currency an order is booked, and where rates come from: foreign units per home unit."""

    model_config = _STRICT

    mode: Literal["as_ordered", "convert_to_home"] = "as_ordered"
    rates: Literal["kashflow", "fixed", "dated"] = "kashflow"
    fixed: dict[str, Amount] = {}
    dated: dict[str, dict[date, Amount]] = {}

    @model_validator(mode="after")
    def rates_are_positive(self) -> "CurrencyRules":
        """A rate of nothing would divide by it."""
        if any(
            rate <= 0 for rate in (*self.fixed.values(), *(r for days in self.dated.values() for r in days.values()))
        ):
            raise ValueError("an exchange rate is more than nothing")
        return self


class NominalRules(BaseModel):
    model_config = _STRICT

    goods: int
    by_tax_class: dict[str, int] = {}
    by_supply: dict[Supply, int] = {}
    by_product: dict[str, int] = {}
    discount: int
    gift_card: int
    shipping: int
    fees: int
    gratuity: int


class PaymentRules(BaseModel):
    model_config = _STRICT

    settled_transaction_types: tuple[str, ...]
    on_account_types: tuple[str, ...] = ()
    gift_card_types: tuple[str, ...] = ()
    gift_cards: Literal["payment", "line"] = "payment"
    paid_statuses: tuple[str, ...] = ()
    bank_account_code: str | None = None
    methods: dict[str, str | int | None] = {}
    method_otherwise: str | int | None = None

    def method(self, payment_type: str) -> str | int | None:
        """KashFlow's method (name or id) for a payment of the shop; None is the bank account's default."""
        return self.methods.get(payment_type, self.method_otherwise)


class Rules(BaseModel):
    """The whole document. `version` is recorded on every document that was made by it."""

    model_config = _STRICT

    version: str = Field(min_length=1, max_length=40)
    orders: OrderRules
    invoices: InvoiceRules = InvoiceRules()
    customers: CustomerRules
    vat: VatRules
    currency: CurrencyRules = CurrencyRules()
    nominal_codes: NominalRules
    payments: PaymentRules

    @field_validator("version", mode="before")
    @classmethod
    def version_is_text(cls, value: object) -> object:
        """A bare number in YAML is a fine version."""
        return str(value) if isinstance(value, int) else value


@cache
def default_rules() -> Rules:
    """The rules that ship with the bridge."""
    return Rules.model_validate(_default_document())


def parse_rules(text: str) -> Rules:
    """Read a shop's document, YAML or JSON, laid over the default section by section.

    Raises `PermanentError` with the path and the fault of every wrong field.
    """
    document = document_of(text)
    try:
        return Rules.model_validate(_overlaid(_default_document(), document))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise PermanentError("RULES_INVALID", f"The rules document is wrong: {faults}") from None


def document_of(text: str) -> dict[str, Any]:
    """A document as it is written, with exact decimals. Raises `PermanentError` if it is no mapping."""
    try:
        document: Any = yaml.load(text, Loader=_DecimalLoader)  # noqa: S506 -- a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise PermanentError("RULES_INVALID", f"The rules document is no YAML or JSON{place}.") from None
    if not isinstance(document, dict):
        raise PermanentError("RULES_INVALID", "The rules document must be a mapping that begins with `version`.")
    return document


class _DecimalLoader(yaml.SafeLoader):
    """YAML with exact decimals: 17.5 is no binary float."""


def _exact(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    try:
        return Decimal(loader.construct_scalar(node))
    except InvalidOperation:
        raise yaml.MarkedYAMLError(problem="no decimal", problem_mark=node.start_mark) from None


_DecimalLoader.add_constructor("tag:yaml.org,2002:float", _exact)


@cache
def _default_document() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("default_rules.yaml").read_text("utf-8")
    document: dict[str, Any] = yaml.load(text, Loader=_DecimalLoader)  # noqa: S506 -- a SafeLoader
    return document


def _overlaid(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` over `base`: sections merge field by field, a field's value replaces the default's."""
    merged = base | own
    for section, fields in base.items():
        if isinstance(fields, dict) and isinstance(own.get(section), dict):
            merged[section] = fields | own[section]
    return merged
