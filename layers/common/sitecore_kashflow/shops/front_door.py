"""How a shop's events are read when they arrive: just far enough to know which subject they concern."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..runs.kept_events import KeptEvents


@dataclass(frozen=True)
class Hint:
    """An event that concerns a subject: the subject's id in the shop, what happened, and a digest that repeats share.

    `whole` is the event's whole body, if the subject cannot be read again.
    """

    subject_id: str
    what: str
    hint_id: str
    kind: str = "order"
    whole: bytes | None = None


@dataclass(frozen=True)
class Recognition:
    """The kind of a body, and its hint. `hint` is None if it does not concern the books."""

    shape: str
    hint: Hint | None = None


@dataclass(frozen=True)
class FrontDoor:
    """How one shop's events come in: which bodies are authentic (by their bytes and signature), and what they mean.

    `kept_events` keeps the bodies of events, if the shop's subjects cannot be read again.
    """

    source: str
    is_authentic: Callable[[bytes, str], bool]
    recognise: Callable[[Mapping[str, Any]], Recognition]
    max_bytes: int
    kept_events: KeptEvents | None = None
