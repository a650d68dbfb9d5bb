"""An order gets what the shop's own code adds to it, which is asked once for each sale."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import ValidationError

from ..canonical.enrichment import LARGEST_ANSWER, request_of, require_fitting, with_answer, wrong_answer
from ..canonical.keys import digest_of
from ..canonical.order import Enrichment, Order
from ..errors import PermanentError
from ..runs.records import SubjectRecord
from ..runs.runs import Runs
from ..runs.subject import Subject
from .posting import order_as_planned


class Function(Protocol):
    """The shop's own function."""

    @property
    def name(self) -> str: ...

    def ask(self, request: bytes, largest: int) -> bytes:
        """Its answer, at most `largest` bytes and one. Raises `PermanentError` if it fails."""


@dataclass(frozen=True)
class Enricher:
    """Asks the shop's function, unless the ledger has its answer for this very order."""

    function: Function
    runs: Runs

    def enriched(self, order: Order, record: SubjectRecord, *, is_posted: bool) -> Order:
        """The order with the answer. The answer of an earlier plan counts until the order changes.

        It is asked for again after a person has let a parked order go on, because the answer may be what was wrong.
        What is posted keeps the answer that it was posted with, or does without.
        """
        planned = self._planned(record)
        if planned and is_posted:
            return with_answer(order, planned.enrichment) if planned.enrichment else order
        request = request_of(order)
        asked = digest_of(request.decode())
        kept = planned.enrichment if planned and not record.is_resumed else None
        if kept and kept.asked == asked:
            return with_answer(order, kept)
        new = Enrichment(self.function.name, asked, self._answer(request))
        require_fitting(order, new)
        return with_answer(order, new)

    def previewed(self, order: Order, subject: Subject, *, is_posted: bool) -> Order:
        """The same for an order that the ledger may not know."""
        try:
            record = self.runs.record(subject)
        except PermanentError:
            record = SubjectRecord(subject)
        return self.enriched(order, record, is_posted=is_posted)

    def _planned(self, record: SubjectRecord) -> Order | None:
        """The order as the last plan understood it, if the ledger still has it."""
        try:
            return order_as_planned(record, self.runs)
        except (PermanentError, ValidationError):
            return None

    def _answer(self, request: bytes) -> str:
        body = self.function.ask(request, LARGEST_ANSWER)
        if len(body) > LARGEST_ANSWER:
            raise wrong_answer(self.function.name, [f"more than {LARGEST_ANSWER} bytes"])
        try:
            return body.decode()
        except UnicodeDecodeError:
            raise wrong_answer(self.function.name, ["no text in UTF-8"]) from None
