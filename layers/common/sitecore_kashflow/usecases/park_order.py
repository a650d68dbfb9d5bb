"""Parking: an order that cannot carry on waits for a person, and the ledger says why."""

import json
from dataclasses import dataclass
from datetime import datetime

from ..errors import BridgeError
from ..observability import LogCode, Metric, count, note
from ..runs.records import ABANDONED, PARKED, Job, Parking
from ..runs.runs import Runs
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


def park_order(job: Job, failure: Failure, *, runs: Runs, reporter: Reporter, now: datetime) -> None:
    """Record the reason, count it for the alarm, then try to report to the shop.

    The record in the ledger is what matters; a report that fails does not undo it.
    """
    runs.begin_step(job)
    code, reason = reason_of(failure)
    runs.park(job, Parking(failure.step, code, reason, failure.task_token), now)
    count(Metric.ORDERS_PARKED)
    note(LogCode.SUBJECT_PARKED, step=failure.step, reason=code)
    try:
        reporter.report(job, runs.record(job.subject), now)
    except Exception as error:  # AWS may refuse what the report needs
        count(Metric.REPORTS_FAILED)
        note(LogCode.REPORT_FAILED, reason=error.code if isinstance(error, BridgeError) else type(error).__name__)


def park_stopped_run(job: Job, status: str, *, runs: Runs, reporter: Reporter, now: datetime) -> None:
    """Park and release the order of a run that was stopped, timed out or failed as a whole.

    An order that was parked already keeps its reason. An abandoned order is only reported and released. Nothing
    happens if the run no longer holds its order.
    """
    record = runs.record(job.subject)
    if record.run.number != job.run or not record.run.is_open:
        return
    if record.state == ABANDONED:
        reporter.report(job, runs.begin_step(job), now)
    else:
        failure = Failure("PrepareOrder", status, f"The run ended as {status}. Resume the order to start again.")
        if record.state == PARKED:
            kept = record.parking
            failure = Failure("PrepareOrder", kept.code, json.dumps({"errorMessage": f"[{kept.code}] {kept.reason}"}))
        park_order(job, failure, runs=runs, reporter=reporter, now=now)
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
