"""An envelope starts a run of the workflow, unless a run already holds its subject."""

from datetime import datetime, timedelta

from ..errors import RetryableError
from ..observability import LogCode, Metric, count, note
from ..runs.envelope import Envelope
from ..runs.records import ABANDONED, PARKED, Job, SubjectRecord
from ..runs.runs import Runs
from ..runs.workflow import Workflow
from .admission import Admission

_PRESUMED_ALIVE_FOR = timedelta(hours=1)
_MAX_DEAD_RUNS = 10


def open_order(envelope: Envelope, *, runs: Runs, workflow: Workflow, admission: Admission, now: datetime) -> None:
    """Count the event; start a run if none holds the order, as soon as one may.

    A run that holds the order finds the event at its end and goes round once more, so a burst of events needs no
    further runs. A run that was opened but not started (after a crash in between) is started here. A run that ended
    without releasing the order (it was stopped and the notice was lost, or the ledger was restored) is replaced.

    An event that waited on the queue while a later run looked at the order is served by that.
    Raises `HeldBackError` if no run may start yet.
    """
    subject = envelope.subject
    record = runs.note_event(subject, now, envelope.received_at)
    if record is None:
        note(LogCode.HINT_SERVED, subject=subject.key)
        return
    if not (record.run.is_open and _is_held(record, workflow, now)):
        admission.admit(envelope)
    for _ in range(_MAX_DEAD_RUNS):
        record = runs.open_run(subject, now)
        run = record.run
        if not run.is_open or _is_held(record, workflow, now):
            note(LogCode.RUN_JOINED, subject=subject.key, run=run.number)
            return
        if not run.execution_arn and _start(envelope, run.number, runs, workflow):
            return
        note(LogCode.RUN_REPLACED, subject=subject.key, run=run.number)
        runs.give_up_run(subject, run.number)
    raise RetryableError("RUNS_OVER", f"The next {_MAX_DEAD_RUNS} runs of {subject.key} had already ended.")


def _is_held(record: SubjectRecord, workflow: Workflow, now: datetime) -> bool:
    """Whether a run is working on the order, or waiting with it.

    Step Functions is asked only if the run has held the order for long, or the order is parked or abandoned.
    """
    if not record.run.execution_arn:
        return False
    is_young = now - datetime.fromisoformat(record.run.opened_at) < _PRESUMED_ALIVE_FOR
    is_busy = record.state not in (PARKED, ABANDONED)
    return (is_young and is_busy) or workflow.is_under_way(record.run.execution_arn)


def _start(envelope: Envelope, run: int, runs: Runs, workflow: Workflow) -> bool:
    """Start the run that was opened. False if a run of this name is over already."""
    arn = workflow.start(
        Job(
            envelope.subject,
            run,
            envelope.correlation_id,
            is_backfill=envelope.is_backfill,
            is_asked_for=envelope.is_asked_for,
        )
    )
    if arn is None:
        return False
    runs.note_started(envelope.subject, run, arn)
    count(Metric.RUNS_STARTED)
    note(LogCode.RUN_STARTED, subject=envelope.subject.key, run=run)
    return True
