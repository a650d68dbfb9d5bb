"""What a kind of document must offer, so that `post_once` can post it exactly once."""

from dataclasses import dataclass
from typing import Any, Protocol

from ..observability import Metric
from .entry import Entry, Standing


@dataclass(frozen=True)
class Intent:
    """What is about to be posted: the ledger's entry for it, and the draft as it will be in the books."""

    entry: Entry
    draft: Any


@dataclass(frozen=True)
class Finding:
    """What looking in the books found: the document's number, if it is there, and what else was read on the way."""

    number: int | None = None
    seen: Any = None


NOT_LOOKED_FOR = Finding()


@dataclass(frozen=True)
class Holder:
    """The document that has a number we asked for, and whether it is the one we meant."""

    number: int
    is_ours: bool


class Kind(Protocol):
    """One kind of document in one system of books.

    `look` finds the document if it is in the books, however long ago it was posted. `looks_before_first_post`: even the
    first post needs what `look` reads. `posted` and `adopted` are the metrics that count what was done.
    """

    @property
    def looks_before_first_post(self) -> bool: ...

    @property
    def posted(self) -> Metric | None: ...

    @property
    def adopted(self) -> Metric | None: ...

    def intend(self, draft: Any, customer_code: str) -> Intent:
        """The document as it would be posted now. Raises `PermanentError` if the account does not allow it."""

    def look(self, entry: Entry) -> Finding:
        """Find the document that this entry means. Raises `PermanentError` if there are two of it."""

    def body(self, intent: Intent, finding: Finding) -> Any:
        """What is sent, apart from a reserved number. Raises `PermanentError` if it may not be sent."""

    def await_turn(self) -> None:
        """Wait until `send` may make its call at once, so that no intent is written before. Raises `HeldBackError`."""

    def send(self, entry: Entry, body: Any) -> Any:
        """Write it, in one call. Raises the families of `errors`; `number_of` reads the answer."""

    def number_of(self, entry: Entry, answer: Any) -> int:
        """The number of the document that was just posted."""

    def holder(self, entry: Entry) -> Holder | None:
        """The document that has the number reserved by this entry, after a post was refused."""

    def reserve_number(self) -> int | None:
        """A number to ask for; None where the books number documents themselves."""

    def verify(self, entry: Entry, finding: Finding) -> Standing:
        """Read the document back. Raises `PermanentError` if it does not show what was meant.

        `finding` is what `look` found just before it was posted, or `NOT_LOOKED_FOR`.
        """
