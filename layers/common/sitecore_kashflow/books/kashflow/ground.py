"""What every kind of document in KashFlow needs."""

from dataclasses import dataclass
from typing import Any

from ...documents.numbers import InvoiceNumbers
from ...errors import PermanentError
from .account import KashflowAccount
from .client import KashflowClient


@dataclass(frozen=True)
class KashflowGround:
    """The client, the account's own lists, and the counter of document numbers."""

    client: KashflowClient
    account: KashflowAccount
    numbers: InvoiceNumbers


def whole_invoice(client: KashflowClient, number: int) -> dict[str, Any]:
    """The invoice as KashFlow shows it. Raises `PermanentError` if it no longer exists."""
    whole = client.invoice(number)
    if whole is None:
        raise PermanentError(
            "INVOICE_GONE",
            f"KashFlow has no invoice {number}, although the ledger does. Was it deleted? See the runbook.",
        )
    return whole
