"""The rules about money that the shop has received: what counts, and where it goes in the books."""

from typing import Literal

from pydantic import BaseModel, Field, model_validator

from ..canonical.invoice import PaidInto
from ..canonical.money import ZERO, Amount
from ..canonical.order import LONGEST_TERMS, Payment
from ..errors import PermanentError
from .section import SECTION


class PaymentAccount(BaseModel):
    """Where receipts go that agree with all of `type`, `gateway`, `transaction` and `currency` that it names.

    `imported_by_kashflow`: KashFlow's own feed brings these receipts, so that the bridge posts none.
    """

    model_config = SECTION

    type: str | None = None
    gateway: str | None = None
    transaction: str | None = None
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$")
    bank_account: str | None = None
    method: str | int | None = None
    imported_by_kashflow: bool = False

    def is_for(self, payment: Payment, currency: str) -> bool:
        """Whether a payment in this currency agrees in all that is named; a gateway may be in any letter case."""
        named = (self.type, self.gateway and self.gateway.casefold(), self.transaction, self.currency)
        found = (payment.method, payment.gateway.casefold(), payment.transaction, currency)
        return all(ours in (None, theirs) for ours, theirs in zip(named, found, strict=True))


class PaymentRules(BaseModel):
    model_config = SECTION

    settled_transaction_types: tuple[str, ...]
    authorised_transaction_types: tuple[str, ...] = ()
    void_transaction_types: tuple[str, ...] = ()
    refund_types: tuple[str, ...] = ()
    chargeback_types: tuple[str, ...] = ()
    chargeback_won_types: tuple[str, ...] = ()
    on_account_types: tuple[str, ...] = ()
    gift_card_types: tuple[str, ...] = ()
    store_credit_types: tuple[str, ...] = ()
    store_credit_spent_paths: tuple[str, ...] = ()
    paid_statuses: tuple[str, ...] = ()
    gateway_paths: tuple[str, ...] = ()
    reference_paths: tuple[str, ...] = ()
    accounts: tuple[PaymentAccount, ...] = ()
    bank_account_code: str | None = None
    methods: dict[str, str | int | None] = {}
    method_otherwise: str | int | None = None
    when_invoice_is_locked: Literal["park", "bulk_payment"] = "park"
    overpaid: Literal["park", "customers_account"] = "park"
    prompt_payment_percent: Amount = Field(ZERO, ge=0, lt=100)
    prompt_payment_days: int = Field(0, ge=0, le=LONGEST_TERMS)

    @model_validator(mode="after")
    def accounts_are_apart(self) -> "PaymentRules":
        """Each gateway and currency clears through an account of its own, and so do gift cards and store credit."""
        owners: dict[str, str] = {}
        for row in self.accounts:
            owner = self._owner(row)
            if not owner:
                raise ValueError("`accounts` has a row without type, gateway or transaction, which no payment could be")
            if row.bank_account is None:
                continue
            if row.bank_account == self.bank_account_code and (row.gateway or row.type in self.cards):
                raise ValueError(f"{owner} shares account {row.bank_account} with all other receipts; give it its own")
            other = owners.setdefault(row.bank_account, owner)
            if other != owner:
                raise ValueError(f"{other} and {owner} share account {row.bank_account}; give each its own")
        return self

    @model_validator(mode="after")
    def chargebacks_are_nothing_else(self) -> "PaymentRules":
        """What a bank takes is a debt again, what the shop gives back is not: no type can be both."""
        mine = self.chargeback_types + self.chargeback_won_types
        others = self.settled_transaction_types + self.authorised_transaction_types
        others += self.void_transaction_types + self.refund_types
        both = [one for one in mine if one in others or mine.count(one) > 1]
        if both:
            raise ValueError(f"{both[0]} is a type of chargeback and of something else too; leave it in one list")
        return self

    @property
    def cards(self) -> tuple[str, ...]:
        """Types of payment that are no money: gift cards and store credit."""
        return self.gift_card_types + self.store_credit_types

    def method(self, payment_type: str) -> str | int | None:
        """KashFlow's method (name or id) for a payment of the shop; None is the bank account's default."""
        return self.methods.get(payment_type, self.method_otherwise)

    def paid_into(self, payment: Payment, currency: str) -> PaidInto:
        """Bank account and method for a payment in this currency. Raises `PermanentError` where it needs a row."""
        row = self._row(payment, currency)
        if payment.method in self.cards and (row is None or row.bank_account is None):
            raise _no_account(f"the type {payment.method}", payment, currency)
        if row is None and payment.gateway and any(one.gateway for one in self.accounts):
            raise _no_account(f"the gateway {payment.gateway}", payment, currency)
        row = row or PaymentAccount(currency=None)
        method = self.method(payment.method) if row.method is None else row.method
        return PaidInto(row.bank_account or self.bank_account_code, method)

    def places(self) -> set[PaidInto]:
        """Every bank account and method that a payment of these rules may need."""
        by_type = {PaidInto(self.bank_account_code, one) for one in (*self.methods.values(), self.method_otherwise)}
        rows = (row for row in self.accounts if not row.imported_by_kashflow)
        return by_type | {
            PaidInto(
                row.bank_account or self.bank_account_code,
                row.method if row.method is not None else self.method(row.type or ""),
            )
            for row in rows
        }

    def is_imported(self, payment: Payment, currency: str) -> bool:
        """Whether KashFlow's own feed brings the receipt."""
        row = self._row(payment, currency)
        return row is not None and row.imported_by_kashflow

    def _row(self, payment: Payment, currency: str) -> PaymentAccount | None:
        return next((row for row in self.accounts if row.is_for(payment, currency)), None)

    def _owner(self, row: PaymentAccount) -> str:
        kind = row.type if row.type in self.cards else row.gateway or row.type or row.transaction
        return " ".join(word for word in (kind, row.currency if kind else None) if word)


class GiftCardRules(BaseModel):
    """What a gift card is for VAT: `multi` or `single` purpose. `park`: nobody has said yet.

    `tax_class`: a single-purpose card is sold as this class in the UK, and pays for nothing else. `clearing`: who takes
    a multi-purpose card that was spent off the account of cards sold.
    """

    model_config = SECTION

    kind: Literal["multi", "single", "park"]
    tax_class: str | None = None
    clearing: Literal["by_hand", "bank_transaction"] = "by_hand"

    @model_validator(mode="after")
    def single_purpose_is_known_at_the_sale(self) -> "GiftCardRules":
        """That is what makes it single-purpose (VATA Schedule 10B)."""
        if self.kind == "single" and self.tax_class is None:
            raise ValueError("`kind: single` needs `tax_class`, the VAT class of all that the cards can buy")
        return self


def _no_account(what: str, payment: Payment, currency: str) -> PermanentError:
    return PermanentError(
        "PAYMENT_ACCOUNT_MISSING",
        f"Payment {payment.payment_id} of {payment.amount} {currency} is of {what}, and the rules give no account for "
        "it in that currency. Add a row to `payments.accounts`, then resume.",
    )
