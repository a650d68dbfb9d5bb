"""What was posted for some days, and what orders show of payment and dispatch."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from .values import ListedOrder, Money


@dataclass(frozen=True)
class AccountSum:
    """What documents put on an account, by the box of the VAT return that it counts in."""

    account: int
    box: str
    net: Money
    vat: Money


@dataclass(frozen=True)
class TrialRow:
    """A row of the trial balance; one side is nothing."""

    account: str
    debit: Money
    credit: Money


@dataclass(frozen=True)
class LateVat:
    """A document that bears a later day than its tax point, and the last day of the VAT period it belongs to."""

    order: str
    document: str
    tax_point: date
    issued: date
    vat: Money
    belongs_to: date


@dataclass(frozen=True)
class BooksReport:
    """The documents of the days from `first` to `last`. `undated`: posted before the ledger kept days, not counted."""

    first: date
    last: date
    documents: int
    undated: int
    accounts: tuple[AccountSum, ...]
    box_1: Money
    box_6: Money
    receipts: Money
    rows: tuple[TrialRow, ...]
    late_vat: tuple[LateVat, ...]
    parked: tuple[ListedOrder, ...]


@dataclass(frozen=True)
class VatNumberSeen:
    """The VAT number of a customer to whom something was sold abroad, and what is known of it.

    `country`: by whose form and check digits it was right on `seen_on`. `answer`: of the shop's own check.
    """

    order: str
    document: str
    number: str
    country: str
    seen_on: date
    answer: str


@dataclass(frozen=True)
class Evidence:
    """Of the last orders: how many show a payment, a dispatch or completion, and which show neither."""

    orders: int
    paid: int
    supplied: int
    without: tuple[str, ...]
    unreadable: tuple[str, ...]
    vat_numbers: tuple[VatNumberSeen, ...] = ()


@dataclass(frozen=True)
class KeptOrder:
    """An order as a plan understood it, last at a moment, under a digest; kept until another. It names people."""

    digest: str
    understood_at: datetime | None
    kept_until: datetime | None
    order: Mapping[str, Any]


@dataclass(frozen=True)
class KeptRulesDocument:
    """The shop's own documents that bore a version. `is_default`: it is the version of the bridge's own rules."""

    version: str
    texts: tuple[str, ...]
    is_default: bool


@dataclass(frozen=True)
class SaleEvidence:
    """What the ledger keeps of a sale: `documents` as it has them, with their rates and what was checked."""

    order: str
    orders: tuple[KeptOrder, ...]
    documents: tuple[Mapping[str, Any], ...]
    rules: tuple[KeptRulesDocument, ...]
