"""Both systems compared: what the ledger says the books hold, and what the books show."""
