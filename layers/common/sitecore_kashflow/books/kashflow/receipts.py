"""Receipts on an invoice in KashFlow, as a kind of document that is posted exactly once.

KashFlow has no call that adds a receipt: the whole invoice is read, changed and written back (KF-71), then read again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from ...canonical.invoice import ReceiptDraft
from ...canonical.money import ZERO
from ...documents.entry import Banked, Days, Entry, Figures, Standing
from ...documents.kinds import Finding, Holder, Intent
from ...errors import PermanentError
from ...observability import Metric
from ...plan.periods import is_locked, receipt_in_open_period, require_open
from ...rules.model import Rules
from .ground import KashflowGround, whole_invoice
from .invoices import require_receipts
from .mapping import kashflow_date, names_payment, payment_by_itself, payment_marks, payment_payload
from .wire import WRITABLE_INVOICE_FIELDS, Invoice, PaymentLine, read_date

_DAYS = ("IssuedDate", "DueDate", "Date")


@dataclass(frozen=True)
class ReceiptKind:
    """Identified by the shop's payment id; found among the payment lines of its invoice, whose number it shares."""

    ground: KashflowGround
    rules: Rules
    looks_before_first_post: ClassVar = True
    posted: ClassVar = Metric.PAYMENTS_RECORDED
    adopted: ClassVar = None

    def intend(self, draft: ReceiptDraft, customer_code: str) -> Intent:
        """The receipt as it will appear on its invoice, in an open period."""
        account = self.ground.account
        line = receipt_in_open_period(draft.line, account.first_open_day(), self.rules.orders)
        draft, amount = draft.model_copy(update={"line": line}), line.amount
        ids = account.payment_ids([line.paid_into])[line.paid_into]
        entry = Entry(
            kind=draft.kind,
            reference=draft.reference,
            customer_code=customer_code,
            figures=Figures(draft.currency, net=amount, vat=ZERO, gross=amount),
            rules_version=draft.rules_version,
            carried={line.payment_id: amount},
            marks={line.payment_id: payment_marks(line, ids)},
            banked={line.payment_id: Banked(ids.bank_account_id, line.reference)},
            days=Days(line.paid_on, {line.payment_id: line.paid_on}),
            on=draft.invoice_number,
        )
        return Intent(entry, draft)

    def look(self, entry: Entry) -> Finding:
        """Read the whole invoice, which is also what the finding keeps.

        Raises `PermanentError` if it shows a bulk payment that may be this one, and does not say whose it is.
        """
        whole = self._read(entry)
        if _shows(whole, entry):
            return Finding(entry.on, whole)
        _require_named(Invoice.model_validate(whole), entry)
        return Finding(None, whole)

    def body(self, intent: Intent, finding: Finding) -> dict[str, Any]:
        """The whole invoice as it was read, with the receipt added; or the receipt by itself, if that is locked."""
        draft, whole = intent.draft, finding.seen
        invoice, account = Invoice.model_validate(whole), self.ground.account
        issued_on = read_date(invoice.issued_date)
        payments = self.rules.payments
        account.retry_with_fresh_lists(
            lambda: require_open(draft.line, invoice.number, issued_on, account.first_open_day(), payments)
        )
        due = invoice.due_amount
        if draft.line.amount > due:
            raise PermanentError(
                "PAYMENT_ABOVE_DUE",
                f"The shop received {draft.line.amount} more, but only {due} is due on invoice {intent.entry.on}. "
                "If KashFlow has the receipt already, give it the note `Sitecore payment` and its id, then resume.",
            )
        ids = account.payment_ids([draft.line.paid_into])[draft.line.paid_into]
        if is_locked(issued_on, account.first_open_day()):
            return payment_by_itself(draft.line, ids, invoice.number)
        kept = {field: whole[field] for field in WRITABLE_INVOICE_FIELDS if whole.get(field) is not None}
        lines = [*map(_on_its_days, whole.get("PaymentLines") or []), payment_payload(draft.line, ids)]
        return _on_its_days(kept) | {"PaymentLines": lines}

    def await_turn(self) -> None:
        self.ground.client.await_turn()

    def send(self, entry: Entry, body: Mapping[str, Any]) -> None:
        """Write the whole invoice, or the receipt by itself."""
        if "PaymentItems" in body:
            self.ground.client.pay_by_itself(body)
        else:
            self.ground.client.update_invoice(entry.on or 0, body)

    def number_of(self, entry: Entry, answer: None) -> int:
        """A receipt has its invoice's number."""
        del answer
        return entry.on or 0

    def holder(self, entry: Entry) -> Holder | None:
        """None: receipts have no number of their own to ask for."""
        del entry
        return None

    def reserve_number(self) -> int | None:
        """None: receipts have no number of their own."""

    def verify(self, entry: Entry, finding: Finding) -> Standing:
        """The invoice shows the receipt, and nothing else on it has changed since it was last read, if it was."""
        standing = replace(entry.standing or Standing(entry.on or 0), is_verified=True)
        whole = finding.seen if finding.number is not None else self._read(entry)
        after = Invoice.model_validate(whole)
        if finding.number is not None:
            _require_amount(after, entry)
            return standing
        if not _shows(whole, entry):
            _require_named(after, entry)
        before = Invoice.model_validate(finding.seen or whole)
        is_counted = finding.seen is None and _shows(whole, entry)
        expected = before.paid + (ZERO if is_counted else entry.figures.gross)
        if (after.net_amount, after.vat_amount, after.paid) != (before.net_amount, before.vat_amount, expected):
            raise PermanentError(
                "INVOICE_DIFFERS",
                f"Invoice {entry.on} should show {expected} paid on {before.net_amount} + {before.vat_amount} VAT, "
                f"it shows {after.paid} on {after.net_amount} + {after.vat_amount}. Correct it in KashFlow, then "
                "resume.",
            )
        require_receipts(after, entry)
        return standing

    def _read(self, entry: Entry) -> dict[str, Any]:
        return whole_invoice(self.ground.client, entry.on or 0)


def _on_its_days(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with its dates as we write them. Sent back as read, 23:00 would move them by a day (KF-19)."""
    days = {field: read_date(record[field]) for field in _DAYS if record.get(field)}
    return dict(record) | {field: kashflow_date(day) for field, day in days.items() if day is not None}


def _shows(whole: Mapping[str, Any], entry: Entry) -> bool:
    return any(_lines_of(Invoice.model_validate(whole), entry))


def _require_named(invoice: Invoice, entry: Entry) -> None:
    bulk = [one for one in invoice.payment_lines or () if one.bulk_payment_number and not one.is_payment_credit_note]
    if any(not one.note and one.amount == entry.figures.gross for one in bulk):
        raise PermanentError(
            "RECEIPT_WITHOUT_NOTE",
            f"Invoice {entry.on} shows a bulk payment of {entry.figures.gross} without a note, which may be the "
            f"receipt {entry.reference}. If it is, give it the note `Sitecore payment {entry.reference}` in KashFlow; "
            "if not, any other note. Then resume.",
        )


def _require_amount(invoice: Invoice, entry: Entry) -> None:
    """A receipt that was found may be a person's, with a day and a place of its own; its amount must be right."""
    shown = sum((line.amount for line in _lines_of(invoice, entry)), ZERO)
    if shown != entry.figures.gross:
        raise PermanentError(
            "INVOICE_DIFFERS",
            f"Invoice {entry.on} shows {shown} for the receipt {entry.reference}; the shop received "
            f"{entry.figures.gross}. Correct it in KashFlow, then resume.",
        )


def _lines_of(invoice: Invoice, entry: Entry) -> Iterator[PaymentLine]:
    for line in invoice.payment_lines or ():
        if any(names_payment(line, payment_id, entry.marks.get(payment_id, "")) for payment_id in entry.carried):
            yield line
