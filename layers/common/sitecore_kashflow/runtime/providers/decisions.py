"""What people decide about runs that wait."""

from ...usecases.decide import Decisions
from ..wiring import Wiring


def decisions(wiring: Wiring) -> Decisions:
    return Decisions(wiring.runs, wiring.workflow, wiring.queues)
