"""Calling another system: HTTP, the call budget, credentials."""
