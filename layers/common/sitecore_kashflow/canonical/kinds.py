"""The kinds of document that the bridge makes in the books, by name."""

INVOICE, RECEIPT, DEPOSIT, DISPATCH_INVOICE = "invoice", "receipt", "deposit", "dispatch_invoice"
FURTHER_INVOICE, CREDIT_NOTE = "further_invoice", "credit_note"
BANK_TRANSACTION, ALLOCATION = "bank_transaction", "allocation"

SALES = (DEPOSIT, DISPATCH_INVOICE, INVOICE)
"""The documents that charge an order to its customer for the first time."""

OWN_INVOICE = (INVOICE, DISPATCH_INVOICE)
"""The invoice that an order is known by: its own, or the first one where each dispatch has one."""

AFTER_SALE = (FURTHER_INVOICE, CREDIT_NOTE)
"""The documents that follow when an order changes, or money goes back."""

CHARGES = SALES + AFTER_SALE
"""The documents that together say what the customer is charged."""
