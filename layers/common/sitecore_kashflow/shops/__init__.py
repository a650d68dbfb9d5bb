"""The shops: one folder for each system."""
