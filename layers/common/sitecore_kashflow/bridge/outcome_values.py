"""What the verbs of the command have done, or why they have not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .values import Money


@dataclass(frozen=True)
class Decision:
    """What came of a decision about one order; `code` is empty if it was carried out."""

    order: str
    words: str
    code: str = ""


@dataclass(frozen=True)
class Decisions:
    decisions: tuple[Decision, ...]


@dataclass(frozen=True)
class UndoneOrder:
    """What undoing one order comes to: its credit note, and receipts taken back. With a code it cannot be undone."""

    order: str
    document: str = ""
    credited: Money | None = None
    taken_back: Money | None = None
    code: str = ""
    words: str = ""


@dataclass(frozen=True)
class Undoing:
    """What was foreseen of each order, and what came of the decision about those that could be undone."""

    orders: tuple[UndoneOrder, ...]
    decisions: tuple[Decision, ...] = ()
    is_dry_run: bool = False


@dataclass(frozen=True)
class Allowed:
    """Documents per reference that are right as they are."""

    asked_for: str
    references: dict[str, int]


@dataclass(frozen=True)
class Redriven:
    """Dead letters of one queue. `left` could not be put back, and are still there."""

    queue: str
    put_back: int
    left: int


@dataclass(frozen=True)
class DeadLetters:
    waiting: dict[str, int]


@dataclass(frozen=True)
class Swept:
    """How many orders one look put on the queue, by why."""

    found: dict[str, int]


@dataclass(frozen=True)
class Backfill:
    """How far a shop's last backfill has got; `since` is None if there was none."""

    shop: str
    since: datetime | None = None
    until: datetime | None = None
    found: int = 0
    last_id: str = ""
    is_under_way: bool = False


@dataclass(frozen=True)
class VatAmountsSeen:
    """What KashFlow does with the VAT of a line, by the invoice that showed it; empty if none has yet."""

    amounts: str = ""
    invoice: int | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True)
class RulesPublished:
    rules: str
    appconfig_version: int


@dataclass(frozen=True)
class RulesChecked:
    """A valid document; with a stack, also what was found in its KashFlow account."""

    file: str
    rules: str
    findings: tuple["Finding", ...] = ()


@dataclass(frozen=True)
class Document:
    """A document to be printed as it is, such as a schema."""

    document: dict[str, Any]
    indent: int | None


@dataclass(frozen=True)
class Error:
    code: str
    words: str


@dataclass(frozen=True)
class Failure:
    error: Error


@dataclass(frozen=True)
class Finding:
    """What was looked at, and how it is; if it is not right, the words say what to do."""

    checked: str
    words: str
    is_ok: bool = True


@dataclass(frozen=True)
class Examination:
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class FieldChange:
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class WebhookRegistered:
    """OrderCloud's webhook, and what had to be written; nothing if it was right already."""

    webhook: str
    is_new: bool
    changes: tuple[FieldChange, ...]
