"""Documents in KashFlow that stand under one reference, in words: which they are, and what to do."""

from collections.abc import Iterator

from ..canonical.keys import invoice_reference, order_key
from ..documents.duplicates import Document, Duplicate, DuplicateWatch
from ..runs.ledger import Ledger


def duplicates(watch: DuplicateWatch, ledger: Ledger) -> Iterator[str]:
    """Every duplicate that stood when KashFlow was last looked at, the longest known first."""
    if watch.looked_at is None:
        yield "KashFlow was not looked at yet."
        return
    for duplicate in sorted(watch.found.values(), key=lambda one: (one.found_at, one.reference)):
        yield from _told(duplicate, ledger)
    how_far = f"; {watch.pages_left} pages of all invoices are still to be read" if watch.pages_left else ""
    yield f"{len(watch.found)} stand twice, as of {watch.looked_at:%Y-%m-%d %H:%M}Z{how_far}."


def duplicates_of_order(order_id: str, watch: DuplicateWatch, ledger: Ledger) -> Iterator[str]:
    """The duplicates that bear the order's reference."""
    for _, duplicate in watch.of_reference(invoice_reference(order_id)):
        yield from _told(duplicate, ledger)


def _told(duplicate: Duplicate, ledger: Ledger) -> Iterator[str]:
    documents = duplicate.documents
    kind = "credit notes" if documents[0].gross < 0 else "invoices"
    yield f"{duplicate.reference}  {len(documents) + duplicate.more} {kind}, found {duplicate.found_at:%Y-%m-%d %H:%M}Z"
    ours = _number_of_order(documents, ledger)
    for one in documents:
        mine = "  <- the order's own, by the ledger" if one.number == ours else ""
        issued = one.issued.isoformat() if one.issued else "no date"
        yield f"    {one.number}  {issued}  {one.gross:.2f} {one.currency}  customer {one.customer_code}{mine}"
    if duplicate.more:
        yield f"    and {duplicate.more} more"
    yield f"    {_advice(duplicate, ours)}"


def _number_of_order(documents: tuple[Document, ...], ledger: Ledger) -> int | None:
    """The number of the invoice that the ledger holds for the order with this reference, however people typed it."""
    for reference in sorted({one.reference.strip() for one in documents}):
        entry = ledger.invoice(order_key("ordercloud", reference))
        if entry and entry.number:
            return entry.number
    return None


def _advice(duplicate: Duplicate, ours: int | None) -> str:
    numbers = [one.number for one in duplicate.documents]
    others = ", ".join(str(number) for number in numbers if number != ours)
    if ours in numbers or (ours and duplicate.more):
        return (
            f"Keep {ours}. Is {others} the same sale? Move payments that stand on it to {ours}, then delete it in "
            "KashFlow. Is it another sale? Correct its reference there."
        )
    told = f"The ledger's invoice {ours} is none of them." if ours else "The ledger knows none of them."
    return (
        f"{told} Same sale: keep one, move payments of the others to it, delete the others in KashFlow. "
        "Other sales: correct their references, or allow them."
    )
