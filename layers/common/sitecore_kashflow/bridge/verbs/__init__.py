"""The verbs: each takes what was asked for and the desk, and returns a value."""
