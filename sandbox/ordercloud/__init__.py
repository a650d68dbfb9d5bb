"""An imitation of Sitecore OrderCloud to develop and test against (checklist: sitecore-api.md 7)."""
