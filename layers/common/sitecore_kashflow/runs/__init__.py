"""Subjects, and the runs that look after them: leases, events, parking. Knows nothing of orders or invoices."""
