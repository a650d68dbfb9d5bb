"""How each collaborator is built: one module for each system, one function for each name of the wiring."""
