"""An order that no rule can settle waits for a person, who is told why."""

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
    """Why a step stopped, as the workflow tells it: `error` is a class name, `cause` Lambda's JSON or plain text.

    `task_token` lets the run go on; empty if there is no run any more.
    """

    step: str
    error: str
    cause: str
    task_token: str = ""


def park_order(job: Job, failure: Failure, *, runs: Runs, reporter: Reporter, now: datetime) -> None:
    """Write the reason down, count it for the alarm, then try to tell the shop.

    The note in the ledger is what matters; a shop that cannot be told right now does not undo it.
    """
    runs.begin_step(job)
    code, reason = reason_of(failure)
    runs.park(job, Parking(failure.step, code, reason, failure.task_token), now)
    count(Metric.ORDERS_PARKED)
    note(LogCode.SUBJECT_PARKED, step=failure.step, reason=code)
    try:
        reporter.tell(job, runs.record(job.subject), now)
    except BridgeError as error:
        count(Metric.REPORTS_FAILED)
        note(LogCode.REPORT_FAILED, reason=error.code)


def park_stopped_run(job: Job, status: str, *, runs: Runs, reporter: Reporter, now: datetime) -> None:
    """A run that was stopped, timed out or failed as a whole: park its order afresh and let it go.

    An order that was parked already keeps its reason. One that a person has abandoned is let go. A run that no longer
    holds its order has nothing to say.
    """
    record = runs.record(job.subject)
    if record.run.number != job.run or not record.run.is_open:
        return
    if record.state == ABANDONED:
        reporter.tell(job, runs.begin_step(job), now)
    else:
        failure = Failure("PrepareOrder", status, f"The run of the workflow ended as {status}. Resume to begin anew.")
        if record.state == PARKED:
            kept = record.parking
            failure = Failure("PrepareOrder", kept.code, json.dumps({"errorMessage": f"[{kept.code}] {kept.reason}"}))
        park_order(job, failure, runs=runs, reporter=reporter, now=now)
    runs.give_up_run(job.subject, job.run)


def reason_of(failure: Failure) -> tuple[str, str]:
    """Code and words. Our own errors bring both; for anything else its name is all that may be shown."""
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
    return "UNEXPECTED", f"The step {failure.step} failed with {failure.error}. See its log, then resume."
