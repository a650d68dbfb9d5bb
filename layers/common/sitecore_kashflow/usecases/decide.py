"""A person has mended what a subject waited for, or decides that it is to be left alone."""

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
    """What a person may decide of a parked subject. Each method returns in words what was done."""

    runs: Runs
    workflow: Workflow
    queues: Queues

    def resume(self, subject: Subject, now: datetime, *, afresh: bool = False) -> str:
        """Let it go on at the step where it stopped.

        It is read again from the beginning if it is to be `afresh`, or if an event came since it was last read:
        then it may have been corrected in its source; and if no run waits for it any more.
        """
        record = self._parked(subject)
        is_read_again = afresh or record.events != record.served
        if not self._tell_run(record, "restart" if is_read_again else "resume"):
            self._look_again(subject, now)
            return f"{subject.id} begins anew."
        return f"{subject.id} goes on at {'PrepareOrder' if is_read_again else record.parking.step}."

    def abandon(self, subject: Subject, reason: str, now: datetime) -> str:
        """Leave it alone for good; the reason is kept.

        Saying it again does no harm: if the run or the shop has not heard of it yet, they do then.
        """
        record = self.runs.record(subject)
        if record.state != ABANDONED:
            record = self._parked(subject)
            self.runs.abandon(record, reason, now)
        if not self._tell_run(record, "abandon"):
            self._look_again(subject, now)
        return f"{subject.id} is left alone: {reason}"

    def _tell_run(self, record: SubjectRecord, decision: str) -> bool:
        """Tell the run that waits. False if none does."""
        token = record.parking.token
        if not token or not self.workflow.answer(token, decision):
            return False
        self.runs.use_token(record.subject, token)
        return True

    def _look_again(self, subject: Subject, now: datetime) -> None:
        """No run waits for it: let a new one look at it."""
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
