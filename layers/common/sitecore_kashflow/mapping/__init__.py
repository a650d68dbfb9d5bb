"""The dictionary between the two systems. Pure: same order and rules in, same document out."""
