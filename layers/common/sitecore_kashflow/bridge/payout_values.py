"""What the verbs about payouts show."""

from dataclasses import dataclass
from datetime import date

from .values import DocumentShown, Money


@dataclass(frozen=True)
class ListedPayout:
    """A payout and its state; `code` and `reason` say why it waits. `amount` is None for payments alone."""

    payout: str
    state: str
    arrives_on: date | None = None
    amount: Money | None = None
    items: int = 0
    code: str = ""
    reason: str = ""


@dataclass(frozen=True)
class PayoutList:
    payouts: tuple[ListedPayout, ...]


@dataclass(frozen=True)
class PayoutsImported:
    """The payouts of a file; `new` of them were not known before."""

    file: str
    payouts: tuple[ListedPayout, ...]
    new: int


@dataclass(frozen=True)
class ShownItem:
    """An item of a payout, and what comparing it with KashFlow showed; empty for what is no payment."""

    kind: str
    id: str
    order: str
    amount: Money
    settled: Money
    fee: Money
    match: str = ""


@dataclass(frozen=True)
class ShownPayout:
    """A payout with all its items, and the bank transactions that were made of it."""

    payout: ListedPayout
    items: tuple[ShownItem, ...]
    documents: tuple[DocumentShown, ...]
