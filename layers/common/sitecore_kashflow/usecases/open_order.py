"""An envelope becomes a running workflow, at most one for an order at a time."""

from datetime import datetime

from ..messaging.envelope import Envelope
from ..messaging.workflow import Workflow
from ..observability import Metric, count, note
from ..stores.ledger import Ledger


def open_order(envelope: Envelope, *, ledger: Ledger, workflow: Workflow, now: datetime) -> None:
    """Note the event; start a run if none holds the order.

    A run that holds the order finds the event by itself at its end and goes round once more, so bursts
    collapse. A run that was taken but not started (a crash in between) is started here.
    """
    ledger.note_event(envelope.order_key, envelope.order_id, now)
    record = ledger.open_run(envelope.order_key, now)
    if record.execution_arn or not record.running:
        note("OPEN010", order_key=envelope.order_key, run=record.run)
        return
    arn = workflow.start(
        order_key=envelope.order_key,
        order_id=envelope.order_id,
        run=record.run,
        correlation_id=envelope.correlation_id,
        is_backfill=envelope.is_backfill,
    )
    ledger.note_started(envelope.order_key, record.run, arn)
    count(Metric.RUNS_STARTED)
    note("OPEN999", order_key=envelope.order_key, run=record.run)
