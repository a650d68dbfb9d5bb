"""A person has mended what an order waited for, or decides to leave the order alone."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ..canonical.states import OrderState
from ..errors import PermanentError
from ..runs.envelope import Envelope
from ..runs.ledger import Ledger
from ..runs.queue import EnvelopeQueue
from ..runs.records import Job, OrderRecord

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient

_NOBODY_WAITS = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")


def resume_order(
    order_key: str,
    *,
    afresh: bool = False,
    ledger: Ledger,
    stepfunctions: "SFNClient",
    queue: EnvelopeQueue,
    now: datetime,
) -> str:
    """Let a parked order go on at the step where it stopped. Returns in words what was done.

    It is read again from the beginning if it is to be `afresh`, or if an event came since it was last read:
    then it may have been corrected in Sitecore; and if no run waits for it any more.
    """
    record = _parked(order_key, ledger)
    is_read_again = afresh or record.wanted != record.seen
    if not _tell_run(record, "restart" if is_read_again else "resume", stepfunctions):
        _look_again(record, queue, now)
        return f"{order_key} begins anew."
    ledger.note_resumed(order_key, record.task_token)
    return f"{order_key} goes on at {'PrepareOrder' if is_read_again else record.parked_step}."


def abandon_order(
    order_key: str, why: str, *, ledger: Ledger, stepfunctions: "SFNClient", queue: EnvelopeQueue, now: datetime
) -> str:
    """Leave a parked order alone for good; the reason is kept. Returns in words what was done.

    Saying it again does no harm: should the run or Sitecore not have heard of it, they do then.
    """
    record = ledger.order(order_key)
    if record.state is not OrderState.ABANDONED:
        record = _parked(order_key, ledger)
        ledger.abandon(Job(order_key, record.order_id, record.run, f"abandon-{order_key}"), why, now)
    if _tell_run(record, "abandon", stepfunctions):
        ledger.note_resumed(order_key, record.task_token)
    else:
        _look_again(record, queue, now)
    return f"{order_key} is left alone: {why}"


def _look_again(record: OrderRecord, queue: EnvelopeQueue, now: datetime) -> None:
    """No run waits for the order: let a new one look at it."""
    queue.put(
        Envelope(
            source="ordercloud",
            order_id=record.order_id,
            hint="decided by a person",
            hint_id=f"decided-{record.order_key}-{now.isoformat()}",
            received_at=now,
            correlation_id=f"decided-{record.order_key}",
        )
    )


def _tell_run(record: OrderRecord, decision: str, stepfunctions: "SFNClient") -> bool:
    """Tell the run that waits. False if none does."""
    if not record.task_token:
        return False
    try:
        stepfunctions.send_task_success(taskToken=record.task_token, output=json.dumps({"decision": decision}))
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOBODY_WAITS:
            return False
        raise
    return True


def _parked(order_key: str, ledger: Ledger) -> OrderRecord:
    record = ledger.order(order_key)
    if record.state is not OrderState.PARKED:
        raise PermanentError("NOT_PARKED", f"{order_key} is {record.state}, not parked.")
    return record
