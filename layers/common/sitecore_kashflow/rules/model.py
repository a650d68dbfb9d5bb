"""What a shop may decide, as values. `default_rules.yaml` beside this file is a complete example."""

from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from ..canonical.money import Amount
from ..canonical.order import LONGEST_TERMS
from .conditional import ConditionalRules
from .globs import Patterns
from .payments import GiftCardRules, PaymentRules
from .payouts import FeeRules, PayoutRules
from .section import SECTION, STRICT
from .vat import Supply, VatRules

_HIGHEST_NUMBER = 999_999_999


class OrderRules(BaseModel):
    model_config = SECTION

    due: tuple[str, ...]
    not_due: tuple[str, ...]
    cancelled: tuple[str, ...]
    home_currency: str = Field(pattern=r"^[A-Z]{3}$")
    currency_when_missing: str | None = Field(None, pattern=r"^[A-Z]{3}$")
    terms: Literal["rules", "kashflow"] = "rules"
    payment_terms_days: int = Field(0, ge=0, le=LONGEST_TERMS)
    on_account_terms_days: int = Field(30, ge=0, le=LONGEST_TERMS)
    terms_paths: tuple[str, ...] = ()
    customer_order_number_paths: tuple[str, ...] = ()
    bundles: Literal["park", "parent", "children"] = "park"
    tax_point: Literal["order", "first_of"] = "order"
    on_dispatch: Literal["dispatch_day", "issue_day"] = "dispatch_day"
    split_dispatch: bool = False
    deposits: Literal["each_day", "each_vat_period"] = "each_day"
    vat_periods_end: tuple[Annotated[int, Field(ge=1, le=12)], ...] = Field((3, 6, 9, 12), min_length=1)
    locked_period: Literal["park", "first_open_day"] = "park"
    zero_total: Literal["post", "leave_out"] = "post"
    largest_amount: Amount = Field(gt=0)

    @model_validator(mode="after")
    def dispatches_make_tax_points(self) -> "OrderRules":
        """Where every order is invoiced on its own day, nothing is left for its dispatches."""
        if self.split_dispatch and self.tax_point == "order":
            raise ValueError("`split_dispatch` needs `tax_point: first_of`: else the whole order is invoiced at once")
        return self


class InvoiceRules(BaseModel):
    """Who numbers the invoices: KashFlow, or the bridge, which reserves numbers from `first` to `last` inclusive."""

    model_config = SECTION

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
    model_config = SECTION

    identity: Literal["user", "buyer"]
    code_prefix: str = Field(pattern=r"^[A-Z0-9]{1,4}$")
    guest_user_ids: tuple[str, ...] = ()
    guest_email_paths: tuple[str, ...] = ()
    guest_name: str = Field("Web guest", min_length=2)
    vat_number_paths: tuple[str, ...] = ()
    vat_number_check_paths: tuple[str, ...] = ()
    no_company: tuple[str, ...] = ()

    @cached_property
    def words_for_no_company(self) -> frozenset[str]:
        """What stands in the field for a company's name where there is none, in lower case."""
        return frozenset(word.casefold() for word in self.no_company)


class CurrencyRules(BaseModel):
    """The currency in which an order is booked, and where rates (foreign units per home unit) come from.

    `valid_for`: a dated rate holds to the end of its month, or for so many days after its own. `gain_loss` is the code
    of what a gateway's other rate makes.
    """

    model_config = SECTION

    mode: Literal["as_ordered", "convert_to_home"] = "as_ordered"
    rates: Literal["kashflow", "fixed", "dated"] = "kashflow"
    valid_for: Literal["month"] | Annotated[int, Field(ge=0, le=366)] = "month"
    fixed: dict[str, Amount] = {}
    dated: dict[str, dict[date, Amount]] = {}
    gain_loss: int = 7906

    @model_validator(mode="after")
    def rates_are_positive(self) -> "CurrencyRules":
        """Amounts are divided by the rate."""
        if any(
            rate <= 0 for rate in (*self.fixed.values(), *(r for days in self.dated.values() for r in days.values()))
        ):
            raise ValueError("an exchange rate is more than nothing")
        return self


class NominalRules(BaseModel):
    model_config = SECTION

    goods: int
    by_tax_class: dict[str, int] = {}
    by_supply: dict[Supply, int] = {}
    by_product: dict[str, int] = {}
    discount: int
    rounding: int
    deposit: int | None = None
    customers_money: int | None = None
    gift_card: int
    shipping: int
    fees: int
    gratuity: int


class RefundRules(BaseModel):
    """What is done where the law leaves a choice, or the shop's figures need one.

    `return_differs`: the money given back for a return is not what its goods come to. `same_period`: an order that was
    paid, called off and paid back within one VAT period before it was invoiced has both documents, or neither.
    `store_credit`: what is given back as store credit is credited when that is spent, or at once, as money is.
    """

    model_config = SECTION

    return_differs: Literal["park", "follow_money"] = "park"
    same_period: Literal["both", "neither"] = "both"
    store_credit: Literal["when_spent", "at_once"] = "when_spent"


class KashflowRules(BaseModel):
    """What the account is like, where that is the account's own or not proved.

    `exempt_mark` says how an exempt sale is marked: `zero`, so that it is in Box 6 as the law has it, or `na`, in none.
    `bank_transactions`: none are made, or the nominal of the other side is sent by its code or by its id (KF-112).
    `allocate_credits`: whether credit notes are set against invoices (KF-83).
    """

    model_config = SECTION

    exempt_mark: Literal["zero", "na"] = "zero"
    bank_transactions: Literal["never", "nominal_code", "nominal_id"] = "never"
    allocate_credits: bool = False


class ReconciliationRules(BaseModel):
    """`other_sales`: references, or codes of customers, of documents in KashFlow that are no sales of the shop."""

    model_config = SECTION

    other_sales: Patterns = ()


class Rules(BaseModel):
    """The whole document. `version` is recorded on every document made under these rules."""

    model_config = STRICT

    version: str = Field(min_length=1, max_length=40)
    orders: OrderRules
    invoices: InvoiceRules = InvoiceRules()
    customers: CustomerRules
    vat: VatRules
    currency: CurrencyRules = CurrencyRules()
    nominal_codes: NominalRules
    payments: PaymentRules
    fees: FeeRules = FeeRules()
    payouts: PayoutRules = PayoutRules()
    refunds: RefundRules = RefundRules()
    gift_cards: GiftCardRules
    kashflow: KashflowRules = KashflowRules()
    reconciliation: ReconciliationRules = ReconciliationRules()
    conditional: ConditionalRules = ConditionalRules()

    @model_validator(mode="after")
    def cards_clear_by_themselves(self) -> "Rules":
        """Gift cards and store credit that pay an order go through accounts of their own: they are no money."""
        paying = self.payments.gift_card_types if self.gift_cards.kind == "multi" else ()
        clearing = {row.type for row in self.payments.accounts if row.bank_account}
        lacking = [one for one in (*paying, *self.payments.store_credit_types) if one not in clearing]
        if lacking:
            raise ValueError(f"`payments.accounts` has no row with a clearing account for {', '.join(lacking)}")
        return self

    @model_validator(mode="after")
    def customers_money_has_an_account(self) -> "Rules":
        """What a customer paid too much is owed to them."""
        if self.payments.overpaid == "customers_account" and self.nominal_codes.customers_money is None:
            raise ValueError(
                "`payments.overpaid: customers_account` needs `nominal_codes.customers_money`, a liability such as 2119"
            )
        return self

    @model_validator(mode="after")
    def cards_are_of_a_known_class(self) -> "Rules":
        """The class of single-purpose gift cards is one of those for goods."""
        name = self.gift_cards.tax_class
        if name is not None and (name not in self.vat.classes or self.vat.classes[name].in_box in ("abroad", "none")):
            raise ValueError(f"`gift_cards.tax_class` is {name}, which is no VAT class of goods in the UK")
        return self

    @model_validator(mode="after")
    def conditional_rules_set_known_classes(self) -> "Rules":
        """The place of a sale decides whether it is an export; a rule about goods does not."""
        named = {rule.name: rule.set.vat_class for rule in self.conditional.rules if rule.set.vat_class}
        classes = {name: one for name, one in self.vat.classes.items() if one.in_box != "abroad"}
        wrong = [f"{one!r} (rule {rule!r})" for rule, one in named.items() if one not in classes]
        if wrong:
            raise ValueError(
                f"no such VAT class of sales in the UK: {', '.join(wrong)}; there are {', '.join(classes)}"
            )
        return self

    @field_validator("version", mode="before")
    @classmethod
    def version_is_text(cls, value: object) -> object:
        """A bare number in YAML is accepted as a version."""
        return str(value) if isinstance(value, int) else value

    @model_validator(mode="after")
    def deposits_have_an_account(self) -> "Rules":
        """A payment before the goods is booked as a liability, on an account of its own, together with its invoice."""
        if self.orders.tax_point == "order":
            return self
        if self.nominal_codes.deposit is None:
            raise ValueError("`orders.tax_point: first_of` needs `nominal_codes.deposit`, a code for deposits")
        if any(row.imported_by_kashflow for row in self.payments.accounts):
            raise ValueError(
                "`orders.tax_point: first_of` invoices each part payment with its receipt, so none can be left to "
                "KashFlow: take `imported_by_kashflow` off the rows of `payments.accounts`"
            )
        return self

    @property
    def codes_of_what_is_owed(self) -> dict[str, int]:
        """The nominal codes of money that is owed to somebody else, by the fields that name them."""
        codes = self.nominal_codes
        owed = {"nominal_codes.gift_card": codes.gift_card, "vat.oss.liability": self.vat.oss.liability}
        gratuity_class = self.vat.classes.get(self.vat.gratuity_class)
        if gratuity_class and gratuity_class.in_box == "none":
            owed["nominal_codes.gratuity"] = codes.gratuity
        if codes.deposit is not None:
            owed["nominal_codes.deposit"] = codes.deposit
        if codes.customers_money is not None:
            owed["nominal_codes.customers_money"] = codes.customers_money
        return owed

    @model_validator(mode="after")
    def what_is_owed_is_no_income(self) -> "Rules":
        """Money that is owed to somebody else goes to a code that no sale goes to."""
        codes, classes = self.nominal_codes, self.vat.classes
        no_supply = {name for name, one in classes.items() if one.in_box == "none"}
        sales = {codes.goods, codes.discount, codes.shipping, codes.fees, self.vat.oss.nominal}
        sales |= {code for name, code in codes.by_tax_class.items() if name not in no_supply}
        sales |= {code for supply, code in codes.by_supply.items() if supply != "voucher"}
        sales |= {rule.set.nominal for rule in self.conditional.rules if rule.set.nominal}
        wrong = [f"{name} ({code})" for name, code in self.codes_of_what_is_owed.items() if code in sales]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} must be a liability, but sales go to the same code")
        return self
