"""Their words: the shapes that the two systems send, read tolerantly. Pure."""
