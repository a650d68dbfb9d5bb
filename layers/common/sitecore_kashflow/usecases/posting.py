"""What a step needs to post documents, and the order that they belong to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..canonical.clock import Clock
from ..canonical.order import Order
from ..documents.entry import Draft, Entries
from ..documents.kinds import Kind
from ..documents.post_once import Poster
from ..documents.store import DocumentStore
from ..documents.vat_drift import DriftStore
from ..documents.write_window import WriteWindow
from ..rules.model import Rules
from ..runs.records import Job, SubjectRecord
from ..runs.runs import Runs
from ..runs.subject import Subject

if TYPE_CHECKING:
    from .customer_desk import CustomerDesk


@dataclass(frozen=True)
class PostingDesk:
    """The ledger's documents, the kinds of document and the customers of the books, how long a post may be in doubt.

    `drift` sums up how far the VAT of the shop is from lawful rounding.
    """

    documents: DocumentStore
    kinds: Mapping[str, Callable[[Rules], Kind]]
    customers: "CustomerDesk"
    window: WriteWindow
    clock: Clock
    drift: DriftStore

    def entries(self, subject: Subject) -> Entries:
        return self.documents.of(subject)

    def poster(self, job: Job, customer_code: str) -> Poster:
        return Poster(job, customer_code, self.documents, self.window, self.clock)

    def kind(self, name: str, rules: Rules) -> Kind:
        return self.kinds[name](rules)

    def kind_of(self, draft: Draft, rules: Rules) -> Kind:
        return self.kind(draft.kind, rules)


def packed_order(order: Order) -> bytes:
    """An order as the bytes of a snapshot."""
    return order.model_dump_json().encode()


def order_as_planned(record: SubjectRecord, runs: Runs) -> Order:
    """The order as the last plan understood it. Raises `PermanentError` if it is no longer there."""
    return Order.model_validate_json(runs.snapshot(record))
