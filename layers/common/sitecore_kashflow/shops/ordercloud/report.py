"""What the order in OrderCloud is told: the whole `xp.KashFlow` object (`sitecore-api.md` 2.4)."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...canonical.keys import fingerprint
from ...canonical.states import SYNC_STATE, OrderState


def sync_report(
    state: OrderState,
    *,
    invoice_number: int | None = None,
    invoice_id: int | None = None,
    customer_code: str | None = None,
    error: str | None = None,
) -> dict[str, Any]:
    """`xp.KashFlow` without its time. Every key is always there, because nested merging is not known."""
    return {
        "SyncState": SYNC_STATE[state],
        "InvoiceNumber": invoice_number,
        "InvoiceId": invoice_id,
        "CustomerCode": customer_code,
        "Error": error,
    }


def order_patch(report: dict[str, Any], synced_at: datetime) -> dict[str, Any]:
    """The body of `PATCH /orders/Incoming/{id}`."""
    return {"xp": {"KashFlow": report | {"SyncedAt": synced_at.strftime("%Y-%m-%dT%H:%M:%SZ")}}}


def report_mark(told: Mapping[str, Any]) -> str:
    """A mark of what `xp.KashFlow` says of us, whenever it was written and whatever others keep beside it.

    A key that is not there says the same as null.
    """
    said = {name: told.get(name) for name in sync_report(OrderState.RECEIVED)}
    return fingerprint(json.dumps(said, sort_keys=True, default=str))
