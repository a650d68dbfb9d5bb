"""What people decide about subjects."""

from ...runs.decisions import DecisionStore
from ...usecases.decide import Decisions
from ..wiring import Wiring


def decisions(wiring: Wiring) -> Decisions:
    return Decisions(wiring.ledger, DecisionStore(wiring.table), wiring.workflow, wiring.queues, wiring.slots)
