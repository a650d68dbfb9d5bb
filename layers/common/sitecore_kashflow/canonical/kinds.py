"""The kinds of document that the bridge makes in the books, by name."""

INVOICE, RECEIPT, DEPOSIT = "invoice", "receipt", "deposit"

SALES = (DEPOSIT, INVOICE)
"""The documents that charge an order to its customer."""
