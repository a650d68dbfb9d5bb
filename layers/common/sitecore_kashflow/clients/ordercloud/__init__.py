"""Sitecore OrderCloud (`sitecore-api.md` 2)."""
