"""What a kind of document must offer, so that `post_once` can post it exactly once."""

from dataclasses import dataclass
from typing import Any, Protocol

from ..observability import Metric
from .entry import Entry, Standing


@dataclass(frozen=True)
class Intent:
    """What is about to be posted: the ledger's entry for it, and the draft as it will stand in the books."""

    entry: Entry
    draft: Any


@dataclass(frozen=True)
class Sight:
    """What a look at the books found: the number under which the document stands, and what else was seen there."""

    number: int | None = None
    seen: Any = None


NOT_LOOKED = Sight()


@dataclass(frozen=True)
class Holder:
    """The document that stands under a number we asked for, and whether it is the one we meant."""

    number: int
    is_ours: bool


class Kind(Protocol):
    """One kind of document in one system of books.

    A look is complete: it finds the document if it stands, however long ago it was posted. Where `looks_first`, a post
    needs what a look sees. `posted` and `adopted` count what was done.
    """

    @property
    def looks_first(self) -> bool: ...

    @property
    def posted(self) -> Metric | None: ...

    @property
    def adopted(self) -> Metric | None: ...

    def intend(self, draft: Any, customer_code: str) -> Intent:
        """The document as it would be posted now. Raises `PermanentError` if the account lacks what it needs."""

    def look(self, entry: Entry) -> Sight:
        """Find the document that this entry means. Raises `PermanentError` if it stands twice."""

    def body(self, intent: Intent, sight: Sight) -> Any:
        """What is sent, to the byte, but for a reserved number. Raises `PermanentError` if it may not be."""

    def send(self, entry: Entry, body: Any) -> Any:
        """One write. Raises the families of `errors`; the answer is read by `number_of`."""

    def number_of(self, entry: Entry, answer: Any) -> int:
        """The number of the document that was just made."""

    def holder(self, entry: Entry) -> Holder | None:
        """Who stands under the number that this entry reserved, after a post was refused."""

    def reserve_number(self) -> int | None:
        """A number to ask for; None where the books number."""

    def verify(self, entry: Entry, sight: Sight) -> Standing:
        """Read the document back. Raises `PermanentError` if it does not say what was meant.

        `sight` is what was seen just before it was posted, or `NOT_LOOKED`.
        """
