"""KashFlow's REST API, version 2."""
