"""What works on subjects that have no workflow."""

from ...usecases.act_on_subject import SubjectWorker
from ..wiring import Wiring


def subject_worker(wiring: Wiring) -> SubjectWorker:
    return SubjectWorker(wiring.runs, wiring.window, wiring.clock, wiring.random)
