"""An envelope becomes a running workflow, at most one for an order at a time."""

from datetime import datetime, timedelta

from ..canonical.states import OrderState
from ..errors import RetryableError
from ..observability import Metric, count, note
from ..runs.envelope import Envelope
from ..runs.ledger import Ledger
from ..runs.records import OrderRecord
from ..runs.workflow import Workflow

_TAKEN_FOR_ALIVE = timedelta(hours=1)
_MOST_DEAD_RUNS = 10


def open_order(envelope: Envelope, *, ledger: Ledger, workflow: Workflow, now: datetime) -> None:
    """Note the event; start a run if none holds the order.

    A run that holds the order finds the event by itself at its end and goes round once more, so bursts
    collapse. A run that was taken but not started (a crash in between) is started here. One that is over without
    having let the order go (stopped, and nobody was told; or begun before the ledger was restored) is replaced.
    """
    ledger.note_event(envelope.order_key, envelope.order_id, now)
    for _ in range(_MOST_DEAD_RUNS):
        record = ledger.open_run(envelope.order_key, now)
        if not record.running or _holds(record, workflow, now):
            note("OPEN010", order_key=envelope.order_key, run=record.run)
            return
        if not record.execution_arn and _started(envelope, record, ledger, workflow):
            return
        note("OPEN300", order_key=envelope.order_key, run=record.run)
        ledger.abandon_run(envelope.order_key, record.run)
    raise RetryableError("RUNS_OVER", f"The next {_MOST_DEAD_RUNS} runs of {envelope.order_key} were over already.")


def _holds(record: OrderRecord, workflow: Workflow, now: datetime) -> bool:
    """Whether a run has the order in hand.

    Step Functions is asked only about one that has had it for long, or that a person has to do with.
    """
    if not record.execution_arn:
        return False
    is_young = now - datetime.fromisoformat(record.run_opened_at) < _TAKEN_FOR_ALIVE
    is_busy = record.state not in (OrderState.PARKED, OrderState.ABANDONED)
    return (is_young and is_busy) or workflow.is_under_way(record.execution_arn)


def _started(envelope: Envelope, record: OrderRecord, ledger: Ledger, workflow: Workflow) -> bool:
    """Start the run that was taken. False if a run of this name is over already."""
    arn = workflow.start(
        order_key=envelope.order_key,
        order_id=envelope.order_id,
        run=record.run,
        correlation_id=envelope.correlation_id,
        is_backfill=envelope.is_backfill,
    )
    if arn is None:
        return False
    ledger.note_started(envelope.order_key, record.run, arn)
    count(Metric.RUNS_STARTED)
    note("OPEN999", order_key=envelope.order_key, run=record.run)
    return True
