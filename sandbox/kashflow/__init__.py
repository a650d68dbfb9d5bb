"""A stand-in for the KashFlow REST API v2, by `kashflow-api.md` sections 1 to 9 and 13."""
