"""Parking: an order that cannot carry on waits for a person, and the ledger says why."""

import json
from dataclasses import dataclass
from datetime import datetime

from ..errors import SupersededError
from ..observability import LogCode, Metric, count, note
from ..runs.records import ABANDONED, PARKED, Job, Parking
from ..runs.slots import Slots
from .report_status import Reporter


@dataclass(frozen=True)
class Failure:
    """Why a step stopped, as the workflow reports it: `error` is a class name, `cause` Lambda's JSON or plain text.

    `task_token` lets the run carry on; it is empty if there is no run any more.
    """

    step: str
    error: str
    cause: str
    task_token: str = ""


def park_order(job: Job, failure: Failure, *, reporter: Reporter, slots: Slots, now: datetime) -> None:
    """Record the reason, count it for the alarm, then try to report to the shop.

    The run of an abandoned order ends instead. What it could not find out or report stays so in the ledger.
    """
    runs = reporter.ledger.runs
    if runs.begin_step(job).state == ABANDONED:
        runs.release(job)
        slots.release(job.subject)
        raise SupersededError(job.subject.key, job.run)
    code, reason = reason_of(failure)
    runs.park(job, Parking(failure.step, code, reason, failure.task_token), now)
    slots.release(job.subject)
    count(Metric.ORDERS_PARKED)
    note(LogCode.SUBJECT_PARKED, step=failure.step, reason=code)
    reporter.report_if_possible(job, runs.record(job.subject), now)


def park_stopped_run(job: Job, status: str, *, reporter: Reporter, slots: Slots, now: datetime) -> None:
    """Park and release the order of a run that was stopped, timed out or failed as a whole.

    An order that was parked already keeps its reason. An abandoned order is only reported and released. Nothing
    happens if the run no longer holds its order.
    """
    runs = reporter.ledger.runs
    record = runs.record(job.subject)
    if record.run.number != job.run or not record.run.is_open:
        return
    if record.state == ABANDONED:
        reporter.report_if_possible(job, runs.begin_step(job), now)
        slots.release(job.subject)
    else:
        failure = Failure("PrepareOrder", status, f"The run ended as {status}. Resume the order to start again.")
        if record.state == PARKED:
            kept = record.parking
            failure = Failure("PrepareOrder", kept.code, json.dumps({"errorMessage": f"[{kept.code}] {kept.reason}"}))
        park_order(job, failure, reporter=reporter, slots=slots, now=now)
    runs.give_up_run(job.subject, job.run)


def reason_of(failure: Failure) -> tuple[str, str]:
    """The reason code and the text. Our own errors contain both; of any other error, only the name may be shown."""
    try:
        cause = json.loads(failure.cause)
        message = str(cause.get("errorMessage", "")) if isinstance(cause, dict) else ""
    except ValueError:
        message = ""
    if message.startswith("[") and "] " in message:
        code, _, words = message[1:].partition("] ")
        return code, words
    if failure.error.isupper():
        return f"RUN_{failure.error}", failure.cause
    return "UNEXPECTED", f"The step {failure.step} failed with {failure.error}. Read its log, then resume."
