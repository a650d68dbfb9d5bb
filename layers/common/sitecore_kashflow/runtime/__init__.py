"""Settings, secrets, entry decorators and the wiring: the only place that builds anything."""

from . import starting

starting.begin()
