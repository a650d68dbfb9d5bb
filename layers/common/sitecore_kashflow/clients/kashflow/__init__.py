"""KashFlow REST v2 (`kashflow-api.md`)."""
