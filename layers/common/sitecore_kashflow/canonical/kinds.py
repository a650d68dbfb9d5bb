"""The kinds of document that the bridge makes in the books, by name."""

INVOICE, RECEIPT, DEPOSIT = "invoice", "receipt", "deposit"
FURTHER_INVOICE, CREDIT_NOTE = "further_invoice", "credit_note"
BANK_TRANSACTION, ALLOCATION = "bank_transaction", "allocation"

SALES = (DEPOSIT, INVOICE)
"""The documents that charge an order to its customer for the first time."""

AFTER_SALE = (FURTHER_INVOICE, CREDIT_NOTE)
"""The documents that follow when an order changes, or money goes back."""

CHARGES = SALES + AFTER_SALE
"""The documents that together say what the customer is charged."""
