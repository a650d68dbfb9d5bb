"""How each section of the rules document is read: no field may be unknown, and nothing changes once it is read."""

from pydantic import ConfigDict

STRICT = ConfigDict(frozen=True, extra="forbid")
SECTION = STRICT | ConfigDict(defer_build=True)
"""A section is checked as a part of the whole; a checker of its own is made only if it is ever read alone."""
