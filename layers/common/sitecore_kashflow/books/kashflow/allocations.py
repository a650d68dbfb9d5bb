"""Credit notes that are set against invoices in KashFlow, as a kind of document that is posted exactly once.

An allocation is a payment line on either document, tied by one bulk payment (KF-110). The call is one of KashFlow's
internal ones, which may not be there (KF-83).
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

from ...canonical.allocation import AllocationDraft
from ...canonical.money import ZERO
from ...documents.entry import Days, Entry, Figures, Standing
from ...documents.kinds import Finding, Holder, Intent
from ...errors import PermanentError, RefusedError
from ...observability import Metric
from ...plan.periods import day_in_open_period
from ...rules.model import Rules
from .ground import KashflowGround, whole_invoice
from .mapping import allocation_note, allocation_payload
from .wire import Invoice

_NOT_THERE = (404, 405)


class _Pair(NamedTuple):
    """Both documents, as they were read."""

    invoice: Invoice
    credit_note: Invoice

    def allocated(self, note: str) -> Decimal:
        """How much of one is set against the other: by the bridge's note, or by bulk payments that stand on both."""
        ours, theirs = (one.payment_lines or () for one in self)
        noted = [line for line in ours if line.note == note]
        if noted:
            return sum((line.amount for line in noted), ZERO)
        found = ZERO
        for number in {line.bulk_payment_number for line in theirs} - {0}:
            paid, taken = (
                sum((line.amount for line in lines if line.bulk_payment_number == number), ZERO)
                for lines in (ours, theirs)
            )
            found += paid if paid == -taken else ZERO
        return found

    @property
    def sums(self) -> tuple[Decimal, ...]:
        return tuple(amount for one in self for amount in (one.net_amount, one.vat_amount, one.paid))


class _Credits(NamedTuple):
    """What is sent, and where."""

    invoice_id: int
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class AllocationKind:
    """Identified by the numbers of both documents; found among their payment lines. `on` is the invoice.

    While the rules let none be made, one that a person has made is looked for and taken for it.
    """

    ground: KashflowGround
    rules: Rules
    looks_before_first_post: ClassVar = True
    posted: ClassVar[Metric | None] = None
    adopted: ClassVar[Metric | None] = None

    def intend(self, draft: AllocationDraft, customer_code: str) -> Intent:
        """The allocation on an open day."""
        account = self.ground.account
        what = f"What sets credit note {draft.credit_note_number} against invoice {draft.invoice_number}"
        day = account.retry_with_fresh_lists(
            lambda: day_in_open_period(draft.day, account.first_open_day(), what, self.rules.orders)
        )
        entry = Entry(
            kind=draft.kind,
            reference=draft.reference,
            customer_code=customer_code,
            figures=Figures(draft.currency, net=draft.amount, vat=ZERO, gross=draft.amount),
            rules_version=draft.rules_version,
            days=Days(day),
            on=draft.invoice_number,
        )
        return Intent(entry, draft)

    def look(self, entry: Entry) -> Finding:
        """Read both documents, which is also what the finding keeps."""
        pair = self._read(entry)
        return Finding(entry.on if pair.allocated(allocation_note(entry.reference)) else None, pair)

    def body(self, intent: Intent, finding: Finding) -> _Credits:
        """The credit. Raises `PermanentError` if the rules let none be made, or if so much is not open on both."""
        draft, pair = intent.draft, finding.seen
        number, against = draft.credit_note_number, draft.invoice_number
        if not self.rules.kashflow.allocate_credits:
            raise PermanentError(
                "ALLOCATIONS_NOT_MADE",
                f"Credit note {number} should be set against invoice {against}, and `kashflow.allocate_credits` is "
                "false. Set it against it in KashFlow by hand, or switch the rule on; then resume.",
            )
        invoice, credit_note = pair
        if draft.amount > min(invoice.due_amount, abs(credit_note.due_amount)):
            raise PermanentError(
                "ALLOCATION_ABOVE_DUE",
                f"{draft.amount} of credit note {number} should be set against invoice {against}; "
                f"{abs(credit_note.due_amount)} is left of the one, and {invoice.due_amount} due on the other. Correct "
                "their payments in KashFlow, then resume.",
            )
        day = intent.entry.days.issued if intent.entry.days else draft.day
        rows = allocation_payload(draft, day, credit_note.id or draft.credit_note_id)
        return _Credits(invoice.id or draft.invoice_id, rows)

    def await_turn(self) -> None:
        self.ground.client.await_turn()

    def send(self, entry: Entry, body: _Credits) -> None:
        """Allocate it. Raises `PermanentError` if the account does not offer the call."""
        try:
            self.ground.client.apply_credits(body.invoice_id, body.rows)
        except RefusedError as refusal:
            if refusal.status not in _NOT_THERE:
                raise
            raise PermanentError(
                "ALLOCATION_NOT_OFFERED",
                f"KashFlow does not let the bridge set credit notes against invoice {entry.on} (status "
                f"{refusal.status}). Set `kashflow.allocate_credits` to false in the rules, so that both documents "
                "stay open there, or set the one against the other by hand; then resume.",
            ) from refusal

    def number_of(self, entry: Entry, answer: None) -> int:
        """An allocation has its invoice's number."""
        del answer
        return entry.on or 0

    def holder(self, entry: Entry) -> Holder | None:
        """None: allocations have no number of their own to ask for."""
        del entry
        return None

    def reserve_number(self) -> int | None:
        """None: allocations have no number of their own."""

    def verify(self, entry: Entry, finding: Finding) -> Standing:
        """Either document shows it, and nothing else on them has changed since they were last read, if they were."""
        before: _Pair | None = finding.seen
        after = before if before is not None and finding.number is not None else self._read(entry)
        meant, shown = entry.figures.gross, after.allocated(allocation_note(entry.reference))
        is_new = before is not None and finding.number is None
        expected = after.sums if not is_new or before is None else _with(before, meant)
        if shown != meant or after.sums != expected:
            raise PermanentError(
                "ALLOCATION_DIFFERS",
                f"{meant} of credit note {_credit_note_number(entry)} should be set against invoice {entry.on}; "
                f"KashFlow shows {shown}, with {after.credit_note.paid} and {after.invoice.paid} settled in all. "
                "Correct it there, then resume.",
            )
        return replace(entry.standing or Standing(entry.on or 0), is_verified=True)

    def _read(self, entry: Entry) -> _Pair:
        numbers = (entry.on or 0, _credit_note_number(entry))
        return _Pair(*(Invoice.model_validate(whole_invoice(self.ground.client, number)) for number in numbers))


def _credit_note_number(entry: Entry) -> int:
    return int(entry.reference.partition("-")[0])


def _with(before: _Pair, amount: Decimal) -> tuple[Decimal, ...]:
    """The sums of both documents once so much of one is set against the other."""
    net, vat, paid, noted_net, noted_vat, taken = before.sums
    return net, vat, paid + amount, noted_net, noted_vat, taken - amount
