"""Settings, secrets, the doors' decorators and the wiring: the only place that builds collaborators."""

from . import starting

starting.begin()
