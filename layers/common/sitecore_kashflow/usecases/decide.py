"""A person has dealt with what a subject waits for, or decides to leave the subject alone."""

from dataclasses import dataclass
from datetime import datetime

from ..errors import PermanentError
from ..runs.envelope import Envelope
from ..runs.queue import Queues
from ..runs.records import ABANDONED, PARKED, SubjectRecord
from ..runs.runs import Runs
from ..runs.subject import Subject
from ..runs.workflow import Workflow


@dataclass(frozen=True)
class Decisions:
    """What a person may decide about a parked subject. Each method returns a sentence on what was done."""

    runs: Runs
    workflow: Workflow
    queues: Queues

    def resume(self, subject: Subject, now: datetime, *, afresh: bool = False) -> str:
        """Let it carry on at the step where it stopped.

        It starts again from the beginning, and so is read again, if that is asked for (`afresh`), if an event came
        since it was last read (it may have been corrected in its source), or if no run is waiting for it any more.
        """
        record = self._parked(subject)
        is_read_again = afresh or record.events != record.served
        if not self._answer_run(record, "restart" if is_read_again else "resume"):
            self._enqueue(subject, now)
            return f"{subject.id} starts again from the beginning."
        return f"{subject.id} carries on at {'PrepareOrder' if is_read_again else record.parking.step}."

    def abandon(self, subject: Subject, reason: str, now: datetime) -> str:
        """Leave it alone for good; the reason is kept.

        Repeating this does no harm: it reaches the run or the shop if the first time did not.
        """
        record = self.runs.record(subject)
        if record.state != ABANDONED:
            record = self._parked(subject)
            self.runs.abandon(record, reason, now)
        if not self._answer_run(record, "abandon"):
            self._enqueue(subject, now)
        return f"{subject.id} is abandoned: {reason}"

    def _answer_run(self, record: SubjectRecord, decision: str) -> bool:
        """Pass the decision to the waiting run. False if there is none."""
        token = record.parking.token
        if not token or not self.workflow.answer(token, decision):
            return False
        self.runs.use_token(record.subject, token)
        return True

    def _enqueue(self, subject: Subject, now: datetime) -> None:
        """No run is waiting: put the subject on its queue for a new one."""
        self.queues(subject.kind).put(
            Envelope(
                subject=subject,
                hint="decided by a person",
                hint_id=f"decided-{subject.key}-{now.isoformat()}",
                received_at=now,
                correlation_id=f"decided-{subject.key}",
            )
        )

    def _parked(self, subject: Subject) -> SubjectRecord:
        record = self.runs.record(subject)
        if record.state != PARKED:
            raise PermanentError("NOT_PARKED", f"{subject.id} is {record.state}, not parked.")
        return record
