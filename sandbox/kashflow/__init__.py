"""A stand-in for the KashFlow REST API v2, by docs/facts/kashflow.md."""
