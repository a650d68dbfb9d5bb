"""What shops are told."""

from ...usecases.report_status import Reporter
from ..wiring import Wiring


def reporter(wiring: Wiring) -> Reporter:
    return Reporter(wiring.ledger, wiring.audiences, is_silent=wiring.mode.is_shadow)
