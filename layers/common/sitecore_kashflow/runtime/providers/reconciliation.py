"""What it takes to compare the books with the shops."""

from ...reconciliation.closing_store import ClosingStore
from ...reconciliation.store import ReconciliationStore
from ...usecases.both_sides import BothSides
from ..wiring import Wiring
from .shops import SOURCES


def both_sides(wiring: Wiring) -> BothSides:
    return BothSides(
        runs=wiring.runs,
        documents=wiring.documents,
        client=wiring.client,
        lists=wiring.lists,
        sources=tuple(SOURCES),
        clock=wiring.clock,
        live_from=wiring.mode.live_from,
    )


def reconciliation_store(wiring: Wiring) -> ReconciliationStore:
    return ReconciliationStore(wiring.table)


def closings(wiring: Wiring) -> ClosingStore:
    return ClosingStore(wiring.table)
