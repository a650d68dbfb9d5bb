"""A subject without a workflow: one write by the worker that took its envelope, which is the whole run.

A worker that dies keeps its subject until nothing of it can land any more; then another takes it over. Its own envelope
comes back, so nothing that it had to serve is lost. A parked subject carries on with its next envelope.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

from ..canonical.clock import Clock
from ..canonical.keys import attempt_key, digest_of
from ..documents.write_window import WriteWindow
from ..errors import OutcomeUnknownError, PermanentError, RetryableError, SupersededError
from ..observability import LogCode, Metric, count, note
from ..runs.envelope import Envelope
from ..runs.records import ABANDONED, Job, Parking, SubjectRecord
from ..runs.runs import Runs

_MAX_ROUNDS = 10

Act = Callable[[Job], str]
"""Reads a subject and makes its one write; returns the state that it is in then, a word of its kind."""


@dataclass(frozen=True)
class SubjectWorker:
    """A worker that is a run by itself. `random` tells workers apart that begin at the same moment."""

    runs: Runs
    window: WriteWindow
    clock: Clock
    random: Random

    def act_on(self, envelope: Envelope, act: Act) -> None:
        """Note the event and act, unless another worker has the subject and will serve this event too.

        Raises `RetryableError` or `OutcomeUnknownError` if the envelope must come back.
        """
        self.runs.note_event(envelope.subject, self.clock())
        record = self._take(envelope)
        if record is None:
            return
        run = record.run
        job = Job(envelope.subject, run.number, envelope.correlation_id, envelope.is_backfill, run.attempt)
        try:
            self._serve(job, record, act)
        except SupersededError:
            note(LogCode.RUN_JOINED, subject=job.subject.key, run=job.run)
        except OutcomeUnknownError:
            raise  # what was sent may still land: the subject stays taken for as long
        except Exception:
            self.runs.release(job)
            raise

    def _take(self, envelope: Envelope) -> SubjectRecord | None:
        """The subject in a run of our own; None if a living worker has it.

        If an earlier delivery of the same envelope has it, nobody else will come back for it: this delivery must.
        """
        subject, same = envelope.subject, digest_of(envelope.hint_id)
        attempt = f"{attempt_key(self.clock(), 0)}/{same}/{self.random.getrandbits(64):016x}"
        for _ in range(_MAX_ROUNDS):
            record = self.runs.open_run(subject, self.clock(), attempt)
            run = record.run
            if run.attempt == attempt:
                return record
            if not run.is_open:
                continue
            if self.clock() < self.window.closes_if_worker_dies(datetime.fromisoformat(run.opened_at)):
                if f"/{same}/" in run.attempt:
                    raise RetryableError("SUBJECT_HELD", f"An earlier worker may still write for {subject.key}.")
                note(LogCode.RUN_JOINED, subject=subject.key, run=run.number)
                return None
            note(LogCode.RUN_REPLACED, subject=subject.key, run=run.number)
            self.runs.release(Job(subject, run.number, envelope.correlation_id))
        raise RetryableError("SUBJECT_HELD", f"Others took {subject.key} {_MAX_ROUNDS} times in a row.")

    def _serve(self, job: Job, record: SubjectRecord, act: Act) -> None:
        """Act, and again for events that came meanwhile; then let the subject go."""
        for _ in range(_MAX_ROUNDS):
            if record.state == ABANDONED:
                self.runs.note_served(job, record.events)
            else:
                self._act_once(job, record, act)
            if self.runs.end_run(job):
                return
            record = self.runs.begin_step(job)
        raise RetryableError("EVENTS_KEEP_COMING", f"{job.subject.key} was written {_MAX_ROUNDS} times in a row.")

    def _act_once(self, job: Job, record: SubjectRecord, act: Act) -> None:
        try:
            state = act(job)
        except SupersededError:
            raise
        except PermanentError as error:
            self.runs.note_served(job, record.events)
            self.runs.park(job, Parking(code=error.code, reason=error.words), self.clock())
            count(Metric.ORDERS_PARKED)
            note(LogCode.SUBJECT_PARKED, reason=error.code)
        else:
            self.runs.commit_plan(job, state, served=record.events, now=self.clock())
