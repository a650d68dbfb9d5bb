"""What is written on the order in OrderCloud: the whole `xp.KashFlow` object (OC-13)."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...canonical.keys import digest_of
from ...canonical.report import Report
from ...canonical.states import SYNC_STATE, OrderState


def sync_fields(report: Report) -> dict[str, Any]:
    """`xp.KashFlow` without its time. Every key is always there, because we do not know how nested objects merge."""
    return {
        "OrderId": report.order_id,
        "SyncState": SYNC_STATE[report.state],
        "InvoiceNumber": report.invoice_number,
        "InvoiceId": report.invoice_id,
        "CustomerCode": report.customer_code,
        "Error": report.error,
    }


def order_patch(report: Report, synced_at: datetime) -> dict[str, Any]:
    """The body of `PATCH /orders/Incoming/{id}`."""
    return {"xp": {"KashFlow": sync_fields(report) | {"SyncedAt": synced_at.strftime("%Y-%m-%dT%H:%M:%SZ")}}}


def report_digest(fields: Mapping[str, Any]) -> str:
    """A digest of our part of `xp.KashFlow`, whenever it was written and whatever else is in there.

    A missing key means the same as null.
    """
    known = {name: fields.get(name) for name in sync_fields(Report("", OrderState.RECEIVED))}
    return digest_of(json.dumps(known, sort_keys=True, default=str))
