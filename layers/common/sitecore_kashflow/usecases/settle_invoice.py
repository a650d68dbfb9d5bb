"""Step 4: money that came in after the invoice was made stands on the invoice, once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ..books.kashflow.account import KashflowAccount
from ..books.kashflow.client import KashflowClient
from ..books.kashflow.mapping import kashflow_date, payment_line, payment_payload
from ..books.kashflow.wire import WRITABLE_INVOICE_FIELDS, Invoice, read_date
from ..canonical.clock import Clock
from ..canonical.order import Payment
from ..canonical.states import OrderState
from ..errors import OutcomeUnknownError, PermanentError, RetryableError
from ..observability import Metric, count, note
from ..plan.currency import receipts_in
from ..rules.model import Rules
from ..runs.ledger import Ledger
from ..runs.records import InvoiceEntry, Job
from .in_doubt import InDoubt


def settle_invoice(
    job: Job,
    *,
    ledger: Ledger,
    books: KashflowClient,
    account: KashflowAccount,
    rules: Rules,
    clock: Clock,
    in_doubt: InDoubt,
) -> InvoiceEntry:
    """Add the receipts that the invoice does not show yet, each known by the shop's payment id.

    The whole invoice is read, changed and written (row 4), then read again. Intent and waiting are as
    for the invoice itself.
    """
    order = ledger.snapshot(ledger.begin_step(job))
    entry = ledger.invoice(job.order_key)
    if entry is None or entry.number is None:
        raise PermanentError("INVOICE_MISSING", "There is no invoice to settle. Resume the order afresh.")
    received = receipts_in(entry.currency, order, entry.exchange_rate)
    wanted = [payment for payment in received if payment.payment_id not in entry.payment_ids]
    looked_at = clock()
    before = _read(books, entry.number)
    missing = [payment for payment in wanted if not _shows(before, payment)]
    if missing:
        if looked_at < entry.lands_by:
            raise OutcomeUnknownError("OUTCOME_UNKNOWN", "A write of this invoice may still land. Look again later.")
        entry = _add(job, entry, before, missing, ledger, books, account, rules, clock, in_doubt)
        _check(books, entry.number or 0, before, missing)
        count(Metric.PAYMENTS_RECORDED, len(missing))
        note("SETTLE100", number=entry.number, payments=len(missing))
    settled = replace(
        entry,
        payment_ids=(*entry.payment_ids, *(payment.payment_id for payment in wanted)),
        paid=entry.paid + sum((payment.amount for payment in wanted), Decimal(0)),
        lands_by=clock(),
    )
    settled = ledger.write_invoice(job, settled)
    ledger.set_state(job, OrderState.PAID if settled.paid >= settled.gross else OrderState.INVOICED, clock())
    return settled


def _add(
    job: Job,
    entry: InvoiceEntry,
    before: Mapping[str, Any],
    missing: Sequence[Payment],
    ledger: Ledger,
    books: KashflowClient,
    account: KashflowAccount,
    rules: Rules,
    clock: Clock,
    in_doubt: InDoubt,
) -> InvoiceEntry:
    """Write the invoice with the missing payments. Returns the entry as it then stands in the ledger."""
    due = Invoice.model_validate(before).due_amount
    total = sum((payment.amount for payment in missing), Decimal(0))
    if total > due:
        raise PermanentError(
            "PAYMENT_ABOVE_DUE",
            f"The shop received {total} more, but only {due} is due on invoice {entry.number}. "
            "Give the receipt that KashFlow has already the note `Sitecore payment` and its id, then resume.",
        )
    ids = account.payment_ids({payment.method for payment in missing}, rules.payments)
    whole = _on_its_days({field: before[field] for field in WRITABLE_INVOICE_FIELDS if before.get(field) is not None})
    added = [payment_payload(payment_line(payment), ids) for payment in missing]
    whole["PaymentLines"] = [*map(_on_its_days, before.get("PaymentLines") or []), *added]
    entry = ledger.write_invoice(job, replace(entry, lands_by=in_doubt.if_unheard(clock())))
    try:
        books.update_invoice(entry.number or 0, whole)
    except OutcomeUnknownError:
        ledger.write_invoice(job, replace(entry, lands_by=in_doubt.if_lost(clock())))
        raise
    except (RetryableError, PermanentError):
        ledger.write_invoice(job, replace(entry, lands_by=clock()))
        raise
    return entry


def _on_its_days(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with its dates as we write them: sent back as read, 23:00 would move them by a day (row 16)."""
    fields = [field for field in ("IssuedDate", "DueDate", "Date") if record.get(field)]
    days = {field: read_date(record[field]) for field in fields}
    return dict(record) | {field: kashflow_date(day) for field, day in days.items() if day is not None}


def _check(books: KashflowClient, number: int, before: Mapping[str, Any], added: Sequence[Payment]) -> None:
    """Nothing but the payments may have moved."""
    old, new = Invoice.model_validate(before), Invoice.model_validate(_read(books, number))
    expected = old.paid + sum((payment.amount for payment in added), Decimal(0))
    if (new.net_amount, new.vat_amount, new.paid) != (old.net_amount, old.vat_amount, expected):
        raise PermanentError(
            "INVOICE_DIFFERS",
            f"Invoice {number} should show {expected} paid on {old.net_amount} + {old.vat_amount} VAT, "
            f"it shows {new.paid} on {new.net_amount} + {new.vat_amount}. Correct it in KashFlow, then resume.",
        )


def _read(books: KashflowClient, number: int) -> dict[str, Any]:
    body = books.invoice(number)
    if body is None:
        raise PermanentError(
            "INVOICE_GONE", f"KashFlow has no invoice {number}, which the ledger holds. Was it deleted?"
        )
    return body


def _shows(body: Mapping[str, Any], payment: Payment) -> bool:
    lines = Invoice.model_validate(body).payment_lines or ()
    marks = (f"Sitecore payment {payment.payment_id}", payment.payment_id)
    return any(line.note == marks[0] or line.reference == marks[1] for line in lines)
