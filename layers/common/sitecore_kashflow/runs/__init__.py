"""Subjects and their runs: leases, events, parking. Knows nothing about orders or invoices."""
