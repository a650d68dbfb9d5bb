"""Step 1: read the order, understand it, add it up, and plan what the books still need."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ..books.kashflow.mapping import invoice_draft
from ..canonical.order import Order, OrderStanding
from ..canonical.states import OrderState
from ..errors import PermanentError
from ..observability import Metric, count, note
from ..plan.currency import receipts_in
from ..rules.model import Rules
from ..runs.ledger import Ledger
from ..runs.records import InvoiceEntry, Job
from ..shops.ordercloud.client import OrdercloudClient
from ..shops.ordercloud.mapping import canonical_order, order_standing
from ..shops.ordercloud.report import report_mark
from ..shops.ordercloud.wire import Worksheet
from .verify_invoice import require_same_amounts

_OVERWRITTEN = "overwritten"
"""The mark of a report that is no longer there: it will be told again."""


class Next(StrEnum):
    """The state that the workflow goes to."""

    ENSURE_CUSTOMER = "EnsureCustomer"
    SETTLE_INVOICE = "SettleInvoice"
    REPORT_STATUS = "ReportStatus"


def prepare_order(job: Job, *, ledger: Ledger, shop: OrdercloudClient, rules: Rules, now: datetime) -> Next:
    """Compare what the books should hold with what the ledger says they hold; the difference is the plan.

    Raises `PermanentError` for what a person must decide, with a reason a bookkeeper understands.
    """
    record = ledger.begin_step(job)
    if record.state is OrderState.ABANDONED:
        ledger.note_seen(job, record.wanted)
        return Next.REPORT_STATUS
    invoice = ledger.invoice(job.order_key)
    worksheet = shop.worksheet(job.order_id)
    if worksheet is None:
        raise PermanentError("ORDER_NOT_IN_SITECORE", f"Sitecore has no order {job.order_id} (any more).")
    if record.report_mark and record.report_mark != _mark_of_what_is_told(worksheet):
        ledger.note_report(job, _OVERWRITTEN)
    standing = order_standing(worksheet.order.status, rules.orders)
    if standing is not OrderStanding.DUE:
        state = _not_due(worksheet, standing, invoice)
        ledger.commit_plan(job, state, seen=record.wanted, now=now)
        return Next.REPORT_STATUS
    order = canonical_order(worksheet, shop.payments(job.order_id), rules)
    draft = invoice_draft(order, rules)
    state, step = OrderState.OPENED, Next.ENSURE_CUSTOMER
    if invoice is not None and invoice.number is not None and invoice.verified:
        require_same_amounts(draft, invoice)
        state, step = _after_invoice(order, invoice)
    ledger.commit_plan(job, state, seen=record.wanted, now=now, order=order)
    return step


def _mark_of_what_is_told(worksheet: Worksheet) -> str:
    """What Sitecore now says of us. Anybody may write there, as may a worker of ours that wakes late."""
    told = worksheet.order.xp.get("KashFlow")
    return report_mark(told) if isinstance(told, dict) else ""


def _not_due(worksheet: Worksheet, standing: OrderStanding, invoice: InvoiceEntry | None) -> OrderState:
    if invoice is not None and not invoice.unsent:
        raise PermanentError(
            "CANCELLED_AFTER_INVOICE",
            f"The order is {worksheet.order.status} in Sitecore, but the books hold "
            f"{f'invoice {invoice.number}' if invoice.number else 'perhaps an invoice'} for it. "
            "Make the credit note in KashFlow, then abandon the order here.",
        )
    count(Metric.ORDERS_WAITING)
    note("PREPARE020", status=worksheet.order.status)
    return OrderState.WAITING if standing is OrderStanding.NOT_DUE else OrderState.CANCELLED


def _after_invoice(order: Order, invoice: InvoiceEntry) -> tuple[OrderState, Next]:
    """The invoice stands. Money that has come in since is added to it; otherwise only the shop may need telling."""
    missing = {payment.payment_id for payment in order.payments} - set(invoice.payment_ids)
    if missing:
        return OrderState.INVOICED, Next.SETTLE_INVOICE
    received = receipts_in(invoice.currency, order, invoice.exchange_rate)
    paid = sum((payment.amount for payment in received), Decimal(0))
    if paid != invoice.paid:
        raise PermanentError(
            "PAYMENT_CHANGED",
            f"The shop has received {paid} {invoice.currency}, invoice {invoice.number} shows {invoice.paid}: a "
            "payment that stands in KashFlow has changed in Sitecore. Correct the receipt in KashFlow and abandon the "
            "order here, or the payment in Sitecore, then resume.",
        )
    return OrderState.PAID if invoice.paid >= invoice.gross else OrderState.INVOICED, Next.REPORT_STATUS
