"""Documents in the books, and the one protocol that posts each of them exactly once."""
