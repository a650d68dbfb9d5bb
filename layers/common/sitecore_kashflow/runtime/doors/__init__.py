"""One decorator for each kind of door: log keys, metrics, and no error let out but those that are known."""
