"""The use cases: one verb for each function, which gathers, plans, acts and writes down."""
