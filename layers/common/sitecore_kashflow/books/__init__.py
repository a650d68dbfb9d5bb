"""The books, one folder a system."""
