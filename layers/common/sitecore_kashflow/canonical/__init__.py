"""Our own words: frozen models and the arithmetic of money. Pure."""
