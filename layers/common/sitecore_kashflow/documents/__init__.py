"""Documents in the books, and the protocol that posts each of them exactly once."""
