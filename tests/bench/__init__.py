"""How long a door takes to be ready, beside what its libraries alone take."""
