"""How each collaborator is built: one module a system, one function a name of the wiring."""
