"""What it takes to read and plan orders."""

from ...usecases.prepare_order import ReadingDesk
from ..wiring import Wiring


def reading_desk(wiring: Wiring) -> ReadingDesk:
    return ReadingDesk(wiring.ledger, wiring.shops, wiring.mode, wiring.enricher)
