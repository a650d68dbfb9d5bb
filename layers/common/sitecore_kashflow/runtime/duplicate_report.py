"""Documents in KashFlow that share a reference, in words: which they are, and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..canonical.invoice import InvoiceDraft
from ..canonical.keys import invoice_reference
from ..documents.duplicates import Document, Duplicate, DuplicateWatch
from ..documents.store import DocumentStore
from ..runs.subject import Subject


@dataclass(frozen=True)
class DuplicateReport:
    """What the watch has found, compared with what the ledger knows about the orders of that `source`."""

    watch: DuplicateWatch
    documents: DocumentStore
    source: str = "ordercloud"

    def all(self) -> Iterator[str]:
        """Every duplicate that was there when KashFlow was last checked, the longest known first."""
        watch = self.watch
        if watch.checked_at is None:
            yield "KashFlow has not been checked yet."
            return
        for duplicate in sorted(watch.found.values(), key=lambda one: (one.found_at, one.reference)):
            yield from self._lines(duplicate)
        still = f"; {watch.pages_left} pages of invoices are still to be read" if watch.pages_left else ""
        references = "reference is" if len(watch.found) == 1 else "references are"
        yield f"{len(watch.found)} {references} used twice or more, as of {watch.checked_at:%Y-%m-%d %H:%M}Z{still}."

    def of_order(self, order_id: str) -> Iterator[str]:
        """The duplicates with the order's reference."""
        for _, duplicate in self.watch.of_reference(invoice_reference(order_id)):
            yield from self._lines(duplicate)

    def _lines(self, duplicate: Duplicate) -> Iterator[str]:
        documents = duplicate.documents
        kind = "credit notes" if documents[0].gross < 0 else "invoices"
        count = len(documents) + duplicate.more
        yield f"{duplicate.reference}  {count} {kind}, found {duplicate.found_at:%Y-%m-%d %H:%M}Z"
        ours = self._number_of_order(documents)
        for one in documents:
            mine = "  <- the order's own, according to the ledger" if one.number == ours else ""
            issued = one.issued.isoformat() if one.issued else "no date"
            yield f"    {one.number}  {issued}  {one.gross:.2f} {one.currency}  customer {one.customer_code}{mine}"
        if duplicate.more:
            yield f"    and {duplicate.more} more"
        yield f"    {_advice(duplicate, ours)}"

    def _number_of_order(self, documents: tuple[Document, ...]) -> int | None:
        """The ledger's invoice number for the order with this reference, however people typed it."""
        for reference in sorted({one.reference.strip() for one in documents}):
            try:
                subject = Subject("order", self.source, reference)
            except ValueError:
                continue
            entry = self.documents.of(subject).the_only(InvoiceDraft.kind)
            if entry and entry.standing:
                return entry.standing.number
        return None


def _advice(duplicate: Duplicate, ours: int | None) -> str:
    numbers = [one.number for one in duplicate.documents]
    others = ", ".join(str(number) for number in numbers if number != ours)
    if ours in numbers or (ours and duplicate.more):
        return (
            f"Keep {ours}. If {others} is the same sale, move its payments to {ours}, then delete it in KashFlow. "
            "If it is another sale, correct its reference there."
        )
    known = f"The ledger's invoice {ours} is none of them." if ours else "The ledger knows none of them."
    return (
        f"{known} If they are the same sale, keep one, move the payments of the others to it, and delete the others in "
        "KashFlow. If they are different sales, correct their references, or allow them."
    )
