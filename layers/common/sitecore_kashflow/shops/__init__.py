"""The shops, one folder a system: recognise, read, changed_since, report."""
