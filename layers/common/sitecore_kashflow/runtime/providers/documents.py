"""The documents of subjects in the ledger's table."""

from ...documents.ledger import Ledger
from ...documents.store import DocumentStore
from ..wiring import Wiring


def documents(wiring: Wiring) -> DocumentStore:
    return DocumentStore(wiring.table, wiring.runs)


def ledger(wiring: Wiring) -> Ledger:
    return Ledger(wiring.runs, wiring.documents)
