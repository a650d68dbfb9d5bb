"""An imitation of Sitecore OrderCloud to develop and test against (docs/facts/sitecore.md)."""
