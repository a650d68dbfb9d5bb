"""Admission: a run is started when it has a slot, so that no more runs are under way than the call budget can serve."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from ..canonical.clock import Clock
from ..errors import HeldBackError, PermanentError
from ..observability import LogCode, Metric, count, note
from ..runs.envelope import Envelope
from ..runs.records import PARKED
from ..runs.runs import Runs
from ..runs.slots import SlotRecord, Slots
from ..runs.subject import Subject
from ..runs.workflow import Workflow

_LONGEST_WAIT = timedelta(seconds=20)
"""Within the time limit of the function that waits."""
_RECHECK_SECONDS = (0.3, 0.7)
_SURELY_AT_WORK = timedelta(minutes=10)


@dataclass(frozen=True)
class Admission:
    """Gives slots to runs that are about to start."""

    slots: Slots
    runs: Runs
    workflow: Workflow
    clock: Clock
    sleep: Callable[[float], None]
    random: Random

    def admit(self, envelope: Envelope) -> None:
        """Take a slot for the envelope's subject; wait for one if there is none.

        Raises `HeldBackError` if none came free: the envelope goes back on its queue.
        """
        subject, is_background = envelope.subject, envelope.is_backfill
        give_up_at = self.clock() + _LONGEST_WAIT
        if self.slots.take(subject, self.clock(), is_background=is_background):
            return
        record = self.slots.read()
        self._take_back_from_the_dead(record)
        while self.clock() < give_up_at:
            now = self.clock()
            if record.is_free(self.slots.limit, now, is_background=is_background) and self.slots.take(
                subject, now, is_background=is_background
            ):
                return
            if not is_background and not record.lets_others_go_first(now):
                self.slots.let_others_go_first(now)
            self.sleep(self.random.uniform(*_RECHECK_SECONDS))
            record = self.slots.read()
        count(Metric.RUNS_HELD_BACK)
        raise HeldBackError("NO_SLOT", f"{subject.key} waits until fewer runs are under way.")

    def _take_back_from_the_dead(self, record: SlotRecord) -> None:
        """Take back the slots of runs that ended, or never began, without giving theirs back."""
        for subject, since in record.taken_before(self.clock() - _SURELY_AT_WORK):
            if not self._is_at_work(subject):
                note(LogCode.SLOT_TAKEN_BACK, subject=subject.key)
                self.slots.release(subject, since)

    def _is_at_work(self, subject: Subject) -> bool:
        try:
            record = self.runs.record(subject)
        except PermanentError:
            return False
        run = record.run
        is_held = run.is_open and record.state != PARKED and bool(run.execution_arn)
        return is_held and self.workflow.is_under_way(run.execution_arn)
