"""The kinds of document that the bridge makes in the books, by name."""

INVOICE, RECEIPT = "invoice", "receipt"
