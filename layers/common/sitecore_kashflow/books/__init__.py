"""The books: one folder for each accounting system."""
