"""An order that no rule can settle waits for a person, who is told why."""

import json
from dataclasses import dataclass
from datetime import datetime

from ..canonical.states import OrderState
from ..errors import BridgeError
from ..observability import Metric, count, note
from ..runs.ledger import Ledger
from ..runs.records import Job
from ..shops.ordercloud.client import OrdercloudClient
from .report_status import tell_shop


@dataclass(frozen=True)
class Failure:
    """Why a step stopped, as the workflow tells it: `error` is a class name, `cause` Lambda's JSON or plain text."""

    step: str
    error: str
    cause: str


def park_order(
    job: Job, failure: Failure, task_token: str, *, ledger: Ledger, shop: OrdercloudClient, now: datetime
) -> None:
    """Write the reason down, count it for the alarm, then try to tell the shop.

    The note in the ledger is what matters; a shop that cannot be told right now does not undo it.
    """
    ledger.begin_step(job)
    code, reason = reason_of(failure)
    ledger.park(job, step=failure.step, code=code, reason=reason, task_token=task_token, now=now)
    count(Metric.ORDERS_PARKED)
    note("PARK100", step=failure.step, code=code)
    try:
        tell_shop(job, ledger.order(job.order_key), ledger, shop, now)
    except BridgeError as error:
        count(Metric.REPORTS_FAILED)
        note("PARK400", code=error.code)


def park_stopped_run(job: Job, status: str, *, ledger: Ledger, shop: OrdercloudClient, now: datetime) -> None:
    """A run that was stopped, timed out or failed as a whole: park its order afresh and let it go.

    An order that was parked already keeps its reason. One that a person has abandoned is let go. A run that no longer
    holds its order has nothing to say.
    """
    record = ledger.order(job.order_key)
    if record.run != job.run or not record.running:
        return
    if record.state is OrderState.ABANDONED:
        tell_shop(job, ledger.begin_step(job), ledger, shop, now)
        ledger.abandon_run(job.order_key, job.run)
        return
    if record.state is OrderState.PARKED:
        failure = Failure(
            "PrepareOrder", record.reason_code, json.dumps({"errorMessage": f"[{record.reason_code}] {record.reason}"})
        )
    else:
        failure = Failure("PrepareOrder", status, f"The run of the workflow ended as {status}. Resume to begin anew.")
    park_order(job, failure, "", ledger=ledger, shop=shop, now=now)
    ledger.abandon_run(job.order_key, job.run)


def reason_of(failure: Failure) -> tuple[str, str]:
    """Code and words. Our own errors bring both; for anything else its name is all that may be shown."""
    try:
        told = json.loads(failure.cause)
        message = str(told.get("errorMessage", "")) if isinstance(told, dict) else ""
    except ValueError:
        message = ""
    if message.startswith("[") and "] " in message:
        code, _, words = message[1:].partition("] ")
        return code, words
    if failure.error.isupper():
        return f"RUN_{failure.error}", failure.cause
    return "UNEXPECTED", f"The step {failure.step} failed with {failure.error}. See its log, then resume."
