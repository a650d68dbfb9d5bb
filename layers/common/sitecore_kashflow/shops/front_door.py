"""How a shop's events are read when they arrive: just far enough to know which subject they concern."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..runs.kept_events import Kept, KeptEvents


@dataclass(frozen=True)
class Hint:
    """An event that concerns a subject: the subject's id in the shop, what happened, and a digest that repeats share.

    `hint_id` is empty for an event that cannot be told from a later one: then every arrival counts as an event.
    `whole` is what the event brought, with its version, if the subject cannot be read again.
    """

    subject_id: str
    what: str
    hint_id: str
    kind: str = "order"
    whole: Kept | None = None


@dataclass(frozen=True)
class Recognition:
    """The kind of a body, and its hint. `hint` is None if it does not concern the books.

    `is_unreadable`: it does concern them, but does not say in a readable form which subject it is about.
    """

    shape: str
    hint: Hint | None = None
    is_unreadable: bool = False


@dataclass(frozen=True)
class FrontDoor:
    """How one shop's events come in: which bodies are authentic (by their bytes and signature), and what they mean.

    `accepted` is what the shop is answered when all is well. `kept_events` takes what its events bring, if its subjects
    cannot be read again.
    """

    source: str
    is_authentic: Callable[[bytes, str], bool]
    recognise: Callable[[Mapping[str, Any]], Recognition]
    max_bytes: int
    accepted: Mapping[str, Any] = field(default_factory=dict)
    kept_events: KeptEvents | None = None
