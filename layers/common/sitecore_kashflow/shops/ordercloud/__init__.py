"""Sitecore OrderCloud."""
