"""How a shop's events are understood at the front door: read just far enough to know what to look at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..runs.kept_events import Kept, KeptEvents


@dataclass(frozen=True)
class Hint:
    """An event that concerns a subject: its id in the shop, what was said, and a digest that a repetition shares.

    `whole` is what the event brought, with its version, if the subject cannot be read again.
    """

    subject_id: str
    what: str
    hint_id: str
    kind: str = "order"
    whole: Kept | None = None


@dataclass(frozen=True)
class Recognised:
    """What a body is. `hint` is None for what concerns nothing in the books."""

    shape: str
    hint: Hint | None = None


@dataclass(frozen=True)
class FrontDoor:
    """One shop's: which bodies are authentic (by their bytes and the signature sent with them), and what they say.

    `accepted` is what the shop is answered when all is well. `kept_events` takes what its events bring, if its subjects
    cannot be read again.
    """

    source: str
    is_authentic: Callable[[bytes, str], bool]
    recognise: Callable[[Mapping[str, Any]], Recognised]
    most_bytes: int
    accepted: Mapping[str, Any] = field(default_factory=dict)
    kept_events: KeptEvents | None = None
