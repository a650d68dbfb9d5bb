"""What a verb works with."""

from dataclasses import dataclass

from ..runtime.wiring import Wiring
from .person import Person
from .stack import Stack


@dataclass(frozen=True)
class Desk:
    """The bridge's collaborators, the stack, and whoever asked."""

    wiring: Wiring
    stack: Stack
    person: Person
