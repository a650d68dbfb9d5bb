"""An envelope becomes a running workflow, at most one for a subject at a time."""

from datetime import datetime, timedelta

from ..errors import RetryableError
from ..observability import LogCode, Metric, count, note
from ..runs.envelope import Envelope
from ..runs.records import ABANDONED, PARKED, Job, SubjectRecord
from ..runs.runs import Runs
from ..runs.workflow import Workflow

_TAKEN_FOR_ALIVE = timedelta(hours=1)
_MOST_DEAD_RUNS = 10


def open_order(envelope: Envelope, *, runs: Runs, workflow: Workflow, now: datetime) -> None:
    """Note the event; start a run if none holds the order.

    A run that holds the order finds the event by itself at its end and goes round once more, so bursts
    collapse. A run that was taken but not started (a crash in between) is started here. One that is over without
    having let the order go (stopped, and nobody was told; or begun before the ledger was restored) is replaced.
    """
    subject = envelope.subject
    runs.note_event(subject, now)
    for _ in range(_MOST_DEAD_RUNS):
        record = runs.open_run(subject, now)
        run = record.run
        if not run.is_open or _is_held(record, workflow, now):
            note(LogCode.RUN_JOINED, subject=subject.key, run=run.number)
            return
        if not run.execution_arn and _start(envelope, run.number, runs, workflow):
            return
        note(LogCode.RUN_REPLACED, subject=subject.key, run=run.number)
        runs.give_up_run(subject, run.number)
    raise RetryableError("RUNS_OVER", f"The next {_MOST_DEAD_RUNS} runs of {subject.key} were over already.")


def _is_held(record: SubjectRecord, workflow: Workflow, now: datetime) -> bool:
    """Whether a run has the order in hand.

    Step Functions is asked only about one that has had it for long, or that a person has to do with.
    """
    if not record.run.execution_arn:
        return False
    is_young = now - datetime.fromisoformat(record.run.opened_at) < _TAKEN_FOR_ALIVE
    is_busy = record.state not in (PARKED, ABANDONED)
    return (is_young and is_busy) or workflow.is_under_way(record.run.execution_arn)


def _start(envelope: Envelope, run: int, runs: Runs, workflow: Workflow) -> bool:
    """Start the run that was taken. False if a run of this name is over already."""
    arn = workflow.start(Job(envelope.subject, run, envelope.correlation_id, envelope.is_backfill))
    if arn is None:
        return False
    runs.note_started(envelope.subject, run, arn)
    count(Metric.RUNS_STARTED)
    note(LogCode.RUN_STARTED, subject=envelope.subject.key, run=run)
    return True
