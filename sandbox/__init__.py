"""Stand-ins for KashFlow and OrderCloud, for development and tests only."""
