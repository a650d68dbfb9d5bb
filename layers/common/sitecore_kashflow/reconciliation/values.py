"""What is compared, and what comes of it. Amounts are in the currency of their document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from ..canonical.money import ZERO


class DifferenceKind(StrEnum):
    """What may differ; docs/month-end.md says what each means."""

    UNKNOWN_DOCUMENT = "unknown_document"
    DOCUMENT_TWICE = "document_twice"
    DOCUMENT_MISSING = "document_missing"
    DOCUMENT_LATE = "document_late"
    DOCUMENT_DELETED = "document_deleted"
    DOCUMENT_DIFFERS = "document_differs"
    NET_DIFFERS = "net_differs"
    VAT_DIFFERS = "vat_differs"
    RECEIPT_MISSING = "receipt_missing"
    RECEIPT_TWICE = "receipt_twice"
    RECEIPT_DIFFERS = "receipt_differs"
    RECEIPT_BY_HAND = "receipt_by_hand"
    ORDER_NOT_HEARD_OF = "order_not_heard_of"
    CLOSED_MONTH_CHANGED = "closed_month_changed"


@dataclass(frozen=True)
class Period:
    """UK days, both included."""

    first: date
    last: date

    def has(self, day: date | None) -> bool:
        return day is not None and self.first <= day <= self.last


@dataclass(frozen=True)
class Split:
    """A net by treatment: taxed, in the VAT return without VAT, and in no box of it."""

    taxed: Decimal = ZERO
    without_vat: Decimal = ZERO
    outside: Decimal = ZERO

    def plus(self, other: "Split") -> "Split":
        return Split(self.taxed + other.taxed, self.without_vat + other.without_vat, self.outside + other.outside)

    @property
    def net(self) -> Decimal:
        return self.taxed + self.without_vat + self.outside


@dataclass(frozen=True)
class ExpectedReceipt:
    """Money on a document by the ledger: the shop's id of it, its day and amount."""

    number: int
    payment: str
    day: date
    amount: Decimal


@dataclass(frozen=True)
class Expected:
    """A document as the ledger has it. `order` is the key of its subject; `number` is None until it stands.

    `supplied` is its tax point if it bears a later day. `rate` is foreign units for one home unit, `due` what is still
    owed on it.
    """

    order: str
    kind: str
    reference: str
    number: int | None
    issued: date
    net: Decimal
    vat: Decimal
    currency: str
    split: Split = Split()
    rate: Decimal = Decimal(1)
    supplied: date | None = None
    due: Decimal = ZERO

    @property
    def gross(self) -> Decimal:
        return self.net + self.vat


@dataclass(frozen=True)
class Shown:
    """A document as KashFlow shows it. `split` is None where its lines were not shown.

    `differs` says in words what else is not as it was posted, where it was read on its own.
    """

    number: int
    reference: str
    issued: date | None
    net: Decimal
    vat: Decimal
    gross: Decimal
    due: Decimal = ZERO
    currency: str = ""
    customer: str = ""
    split: Split | None = None
    differs: str = ""


@dataclass(frozen=True)
class ShownReceipt:
    """Money on a document as KashFlow shows it. `payment` is the shop's id of it, where the line names one.

    `account` is KashFlow's id of the bank account.
    """

    number: int
    day: date | None
    amount: Decimal
    payment: str = ""
    account: int = 0


@dataclass(frozen=True)
class OpenOrder:
    """An order of which something is missing in the books. `gross` and `vat` are None where they are not known.

    `why` is what explains it; empty if nothing does. `day` is its tax point, or that on which it was submitted.
    `has_documents`: some stand, and what is to follow them does not.
    """

    order: str
    state: str
    day: date
    why: str = ""
    code: str = ""
    gross: Decimal | None = None
    vat: Decimal | None = None
    currency: str = ""
    has_documents: bool = False


@dataclass(frozen=True)
class Difference:
    """One thing that differs. `expected` and `shown` are the two figures; None where a side has none."""

    kind: DifferenceKind
    words: str
    order: str = ""
    number: int | None = None
    expected: Decimal | None = None
    shown: Decimal | None = None
    currency: str = ""
    why: str = ""

    @property
    def is_explained(self) -> bool:
        return bool(self.why)


@dataclass(frozen=True)
class Sums:
    """What one side comes to in the home currency."""

    documents: int = 0
    split: Split = Split()
    vat: Decimal = ZERO
    receipts: Decimal = ZERO
    due: Decimal = ZERO

    @property
    def gross(self) -> Decimal:
        return self.split.net + self.vat


@dataclass(frozen=True)
class Balance:
    """A bank account over some days: what was on it before, and what each day moved."""

    account: str
    name: str
    opening: Decimal
    moved: Mapping[date, Decimal] = field(default_factory=dict)
    closing: Decimal | None = None

    @property
    def sums_to(self) -> Decimal:
        return self.opening + sum(self.moved.values(), ZERO)


@dataclass(frozen=True)
class Agreement:
    """What a comparison came to. `by_ledger` and `by_books` are the same figures from the two sides.

    `invoiced` and `received` are KashFlow's, day by day, in the home currency.
    """

    period: Period
    began_at: datetime
    finished_at: datetime
    currency: str
    by_ledger: Sums
    by_books: Sums
    differences: tuple[Difference, ...] = ()
    open_orders: tuple[OpenOrder, ...] = ()
    late: tuple[Expected, ...] = ()
    balances: tuple[Balance, ...] = ()
    invoiced: Mapping[date, Decimal] = field(default_factory=dict)
    received: Mapping[date, Decimal] = field(default_factory=dict)

    @property
    def unexplained(self) -> list[Difference]:
        return [one for one in self.differences if not one.is_explained]
