"""Documents in KashFlow that stand under one reference, in words: which they are, and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..canonical.invoice import InvoiceDraft
from ..canonical.keys import invoice_reference
from ..documents.duplicates import Document, Duplicate, DuplicateWatch
from ..documents.store import DocumentStore
from ..runs.subject import Subject


@dataclass(frozen=True)
class DuplicateReport:
    """What the watch has found, beside what the ledger knows of the orders of that `source`."""

    watch: DuplicateWatch
    documents: DocumentStore
    source: str = "ordercloud"

    def all(self) -> Iterator[str]:
        """Every duplicate that stood when KashFlow was last looked at, the longest known first."""
        watch = self.watch
        if watch.looked_at is None:
            yield "KashFlow was not looked at yet."
            return
        for duplicate in sorted(watch.found.values(), key=lambda one: (one.found_at, one.reference)):
            yield from self._lines(duplicate)
        how_far = f"; {watch.pages_left} pages of all invoices are still to be read" if watch.pages_left else ""
        yield f"{len(watch.found)} stand twice, as of {watch.looked_at:%Y-%m-%d %H:%M}Z{how_far}."

    def of_order(self, order_id: str) -> Iterator[str]:
        """The duplicates that bear the order's reference."""
        for _, duplicate in self.watch.of_reference(invoice_reference(order_id)):
            yield from self._lines(duplicate)

    def _lines(self, duplicate: Duplicate) -> Iterator[str]:
        documents = duplicate.documents
        kind = "credit notes" if documents[0].gross < 0 else "invoices"
        count = len(documents) + duplicate.more
        yield f"{duplicate.reference}  {count} {kind}, found {duplicate.found_at:%Y-%m-%d %H:%M}Z"
        ours = self._number_of_order(documents)
        for one in documents:
            mine = "  <- the order's own, by the ledger" if one.number == ours else ""
            issued = one.issued.isoformat() if one.issued else "no date"
            yield f"    {one.number}  {issued}  {one.gross:.2f} {one.currency}  customer {one.customer_code}{mine}"
        if duplicate.more:
            yield f"    and {duplicate.more} more"
        yield f"    {_advice(duplicate, ours)}"

    def _number_of_order(self, documents: tuple[Document, ...]) -> int | None:
        """The number of the ledger's invoice for the order with this reference, however people typed it."""
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
            f"Keep {ours}. Is {others} the same sale? Move payments that stand on it to {ours}, then delete it in "
            "KashFlow. Is it another sale? Correct its reference there."
        )
    known = f"The ledger's invoice {ours} is none of them." if ours else "The ledger knows none of them."
    return (
        f"{known} Same sale: keep one, move payments of the others to it, delete the others in KashFlow. "
        "Other sales: correct their references, or allow them."
    )
