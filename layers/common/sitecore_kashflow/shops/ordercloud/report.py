"""What is written on the order in OrderCloud: the whole `xp.KashFlow` object (OC-13)."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ...canonical.keys import digest_of
from ...canonical.report import Report
from ...canonical.states import SYNC_STATE, OrderState
from ...canonical.text import clean

_NO_PENNIES = Decimal("0.00")
_LONGEST_REASON = 300  # all of an order's xp has 8,000 bytes (OC-14)


def sync_fields(report: Report) -> dict[str, Any]:
    """`xp.KashFlow` without its time. Every key is always there, because we do not know how nested objects merge.

    A field has one JSON type for good, or is null: an order whose field has another may vanish from lists (OC-15).
    """
    balance = report.balance
    return {
        "OrderId": report.order_id,
        "SyncState": SYNC_STATE[report.state],
        "InvoiceNumber": report.invoice_number,
        "InvoiceId": report.invoice_id,
        "CustomerCode": report.customer_code,
        "CreditNotes": report.credit_notes,
        "LatestCreditNote": report.latest_credit_note,
        "FurtherInvoices": report.further_invoices,
        "Charged": _amount(balance.charged) if balance else None,
        "Paid": _amount(balance.paid) if balance else None,
        "Due": _amount(balance.due) if balance else None,
        "Currency": balance.currency if balance else None,
        "Error": report.error,
        "Reason": clean(report.reason, _LONGEST_REASON) if report.reason else None,
    }


def _amount(amount: Decimal) -> Decimal:
    """With two decimals or more, so that no whole number fixes the type of its field (OC-15)."""
    return amount + _NO_PENNIES


def order_patch(report: Report, synced_at: datetime) -> dict[str, Any]:
    """The body of `PATCH /orders/Incoming/{id}`."""
    return {"xp": {"KashFlow": sync_fields(report) | {"SyncedAt": synced_at.strftime("%Y-%m-%dT%H:%M:%SZ")}}}


def report_digest(fields: Mapping[str, Any]) -> str:
    """A digest of our part of `xp.KashFlow`, whenever it was written and whatever else is in there.

    A missing key means the same as null, and 10 the same as 10.00: OrderCloud prints numbers as it likes (OC-10).
    """
    known = {name: _comparable(fields.get(name)) for name in sync_fields(Report("", OrderState.RECEIVED))}
    return digest_of(json.dumps(known, sort_keys=True, default=str))


def _comparable(value: Any) -> Any:
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return f"{Decimal(value).normalize():f}" if is_number else value
