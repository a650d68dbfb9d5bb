"""`duplicates`: documents in KashFlow that share a reference, and which of them is the order's."""

from argparse import Namespace

from ...canonical.keys import invoice_reference
from ...canonical.kinds import OWN_INVOICE
from ...documents.duplicates import Document, Duplicate
from ...runs.subject import Subject
from ...usecases.watch_duplicates import allow_duplicates
from ..desk import Desk
from ..names import SHOP
from ..outcome_values import Allowed
from ..values import DuplicateDocument, Duplicates, DuplicateShown, Money


def duplicates(asked: Namespace, desk: Desk) -> Duplicates | Allowed:
    """Every duplicate that was there when KashFlow was last checked, the longest known first; or some are allowed."""
    store = desk.wiring.duplicate_store
    if asked.allow:
        allowed = allow_duplicates(asked.allow, store=store, now=desk.wiring.clock())
        return Allowed(asked.allow, {one.reference: len(one.documents) + one.more for one in allowed})
    watch = store.read()
    found = sorted(watch.found.values(), key=lambda one: (one.found_at, one.reference))
    return Duplicates(watch.checked_at, watch.pages_left, tuple(_shown(one, desk) for one in found))


def duplicates_of(subject: Subject, desk: Desk) -> tuple[DuplicateShown, ...]:
    """The duplicates with the order's reference."""
    found = desk.wiring.duplicate_store.read().of_reference(invoice_reference(subject.id))
    return tuple(_shown(duplicate, desk) for _, duplicate in found)


def _shown(duplicate: Duplicate, desk: Desk) -> DuplicateShown:
    own = _number_of_order(duplicate.documents, desk)
    return DuplicateShown(
        reference=duplicate.reference,
        kind="credit note" if duplicate.documents[0].gross < 0 else "invoice",
        found_at=duplicate.found_at,
        documents=tuple(_document(one, is_own=one.number == own) for one in duplicate.documents),
        more=duplicate.more,
        own_number=own,
    )


def _document(one: Document, *, is_own: bool) -> DuplicateDocument:
    return DuplicateDocument(one.number, one.issued, Money(one.gross, one.currency), one.customer_code, is_own)


def _number_of_order(documents: tuple[Document, ...], desk: Desk) -> int | None:
    """The ledger's invoice number for the order with this reference, however people typed it."""
    for reference in sorted({one.reference.strip() for one in documents}):
        try:
            subject = Subject("order", SHOP, reference)
        except ValueError:
            continue
        entry = desk.wiring.documents.of(subject).first_of(OWN_INVOICE)
        if entry and entry.standing:
            number: int = entry.standing.number
            return number
    return None
