"""A subject without a workflow: one write by the worker that took its envelope, who is the whole run.

A worker that dies keeps its subject until nothing of it can land any more; then another takes it over. Its own envelope
comes back, so nothing that it had to serve is lost. A parked subject goes on by its next envelope, whoever sends it.
"""

from collections.abc import Callable
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

_MOST_ROUNDS = 10

Act = Callable[[Job], str]
"""Reads a subject and makes its one write; returns the state that it is in then, a word of its kind."""


def act_on_subject(
    envelope: Envelope, *, act: Act, runs: Runs, window: WriteWindow, clock: Clock, random: Random
) -> None:
    """Note the event and act, unless another worker has the subject, who then serves this event too.

    Raises `RetryableError` or `OutcomeUnknownError` if the envelope must come back.
    """
    runs.note_event(envelope.subject, clock())
    record = _take(envelope, runs, window, clock, random)
    if record is None:
        return
    job = Job(envelope.subject, record.run.number, envelope.correlation_id, envelope.is_backfill, record.run.attempt)
    try:
        _serve(job, record, act, runs, clock)
    except SupersededError:
        note(LogCode.RUN_JOINED, subject=job.subject.key, run=job.run)
    except OutcomeUnknownError:
        raise  # what was sent may still land: the subject stays taken for as long
    except Exception:
        runs.release(job)
        raise


def _take(envelope: Envelope, runs: Runs, window: WriteWindow, clock: Clock, random: Random) -> SubjectRecord | None:
    """The subject in a run of our own; None if a living worker has it.

    One that an earlier delivery of the same envelope took has nobody else to come back for it: then this one must.
    """
    subject, same = envelope.subject, digest_of(envelope.hint_id)
    attempt = f"{attempt_key(clock(), 0)}/{same}/{random.getrandbits(64):016x}"
    for _ in range(_MOST_ROUNDS):
        record = runs.open_run(subject, clock(), attempt)
        run = record.run
        if run.attempt == attempt:
            return record
        if not run.is_open:
            continue
        if clock() < window.closes_if_worker_dies(datetime.fromisoformat(run.opened_at)):
            if f"/{same}/" in run.attempt:
                raise RetryableError("SUBJECT_HELD", f"An earlier worker may still write for {subject.key}.")
            note(LogCode.RUN_JOINED, subject=subject.key, run=run.number)
            return None
        note(LogCode.RUN_REPLACED, subject=subject.key, run=run.number)
        runs.release(Job(subject, run.number, envelope.correlation_id))
    raise RetryableError("SUBJECT_HELD", f"Others took {subject.key} {_MOST_ROUNDS} times in a row.")


def _serve(job: Job, record: SubjectRecord, act: Act, runs: Runs, clock: Clock) -> None:
    """Act, and once more for events that came meanwhile; then let the subject go."""
    for _ in range(_MOST_ROUNDS):
        if record.state == ABANDONED:
            runs.note_served(job, record.events)
        else:
            _act_once(job, record, act, runs, clock)
        if runs.end_run(job):
            return
        record = runs.begin_step(job)
    raise RetryableError("EVENTS_KEEP_COMING", f"{job.subject.key} was written {_MOST_ROUNDS} times in a row.")


def _act_once(job: Job, record: SubjectRecord, act: Act, runs: Runs, clock: Clock) -> None:
    try:
        state = act(job)
    except SupersededError:
        raise
    except PermanentError as error:
        runs.note_served(job, record.events)
        runs.park(job, Parking(code=error.code, reason=error.words), clock())
        count(Metric.ORDERS_PARKED)
        note(LogCode.SUBJECT_PARKED, reason=error.code)
    else:
        runs.commit_plan(job, state, served=record.events, now=clock())
