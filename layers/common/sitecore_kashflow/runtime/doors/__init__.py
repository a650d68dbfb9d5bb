"""One decorator for each kind of door (Lambda entry point): log keys, metrics, and only known errors raised."""
