"""What the verbs show. Amounts are exact and have their currency; moments are in UTC."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Money:
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Sums:
    """What a document comes to."""

    net: Decimal
    vat: Decimal
    gross: Decimal
    currency: str


@dataclass(frozen=True)
class ListedOrder:
    """One line of the list. `amount` is None if the ledger does not know it; `code` and `reason` say why it waits."""

    order: str
    state: str
    since: datetime
    age_seconds: int
    amount: Money | None = None
    invoice: int | None = None
    step: str = ""
    code: str = ""
    reason: str = ""
    decided_by: str = ""


@dataclass(frozen=True)
class Cause:
    """How many orders wait for the same reason, and what they come to where the ledger knows it."""

    code: str
    orders: int
    amounts: tuple[Money, ...]
    oldest: datetime


@dataclass(frozen=True)
class Posts:
    """So many orders would be posted if the bridge were live for them."""

    orders: int
    amounts: tuple[Money, ...]


@dataclass(frozen=True)
class OrderList:
    """All that wait or are unfinished, or only those `asked_for`: of a cause or in a state."""

    as_of: datetime
    asked_for: str
    causes: tuple[Cause, ...]
    orders: tuple[ListedOrder, ...]
    would_post: Posts | None = None


@dataclass(frozen=True)
class DocumentShown:
    """A document as the ledger knows it: `status` is `unposted`, `in doubt` (until a moment) or `standing`."""

    kind: str
    reference: str
    status: str
    sums: Sums
    customer_code: str
    rules_version: str
    number: int | None = None
    internal_id: int | None = None
    is_checked: bool = False
    is_adopted: bool = False
    in_doubt_until: datetime | None = None
    carries: dict[str, Money] | None = None
    address: str = ""
    rules_held: tuple[str, ...] = ()


@dataclass(frozen=True)
class ApprovalShown:
    """A conditional rule that holds orders, and who approved this one."""

    rule: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Attempt:
    """One thing that happened in a run at a step: it was entered, or an attempt at it failed with an error."""

    step: str
    at: datetime
    error: str = ""


@dataclass(frozen=True)
class RunShown:
    """A run of the workflow, as Step Functions remembers it; `status` is `FORGOTTEN` after ninety days."""

    number: int
    execution_arn: str
    status: str
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True)
class Lease:
    """The run that holds the order, or held it last. `retries`: how often its step had been tried again."""

    number: int
    is_open: bool
    opened_at: datetime | None
    step_entered_at: datetime | None
    retries: int


@dataclass(frozen=True)
class ShownOrder:
    """All that the ledger, and Step Functions, know of one order.

    `imported` are the payments whose receipts KashFlow brings by itself, by the shop's ids.
    """

    order: ListedOrder
    key: str
    address: str
    customer_code: str
    events: int
    served: int
    is_told_to: tuple[str, ...]
    lease: Lease
    runs: tuple[RunShown, ...]
    documents: tuple[DocumentShown, ...]
    duplicates: tuple["DuplicateShown", ...]
    imported: dict[str, Money]
    approvals: tuple[ApprovalShown, ...] = ()


@dataclass(frozen=True)
class DetailedOrder(ShownOrder):
    """The same, to be told with all that an engineer asks about."""


@dataclass(frozen=True)
class DuplicateDocument:
    number: int
    issued: date | None
    gross: Money
    customer_code: str
    is_the_orders_own: bool


@dataclass(frozen=True)
class DuplicateShown:
    """Documents that share a reference. `more` are there beside those that are listed."""

    reference: str
    kind: str
    found_at: datetime
    documents: tuple[DuplicateDocument, ...]
    more: int
    own_number: int | None


@dataclass(frozen=True)
class Duplicates:
    checked_at: datetime | None
    pages_left: int
    found: tuple[DuplicateShown, ...]
