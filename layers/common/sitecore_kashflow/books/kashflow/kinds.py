"""The kinds of document that the bridge keeps in KashFlow: one row for each."""

from collections.abc import Callable

from ...documents.kinds import Kind
from ...rules.model import Rules
from .allocations import AllocationKind
from .bank_transactions import BankTransactionKind
from .ground import KashflowGround
from .invoices import InvoiceKind
from .receipts import ReceiptKind

KINDS: dict[str, Callable[[KashflowGround, Rules], Kind]] = {
    "invoice": InvoiceKind,
    "deposit": InvoiceKind,
    "dispatch_invoice": InvoiceKind,
    "further_invoice": InvoiceKind,
    "credit_note": InvoiceKind,
    "receipt": ReceiptKind,
    "bank_transaction": BankTransactionKind,
    "allocation": AllocationKind,
}
