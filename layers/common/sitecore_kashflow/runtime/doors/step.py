"""Steps of the workflow."""

import functools
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from ...canonical.keys import attempt_key
from ...errors import BridgeError, OutcomeUnknownError, PermanentError, RetryableError
from ...observability import logger
from ...runs.records import LAST_ATTEMPT, Job
from ...runs.workflow import job_of
from ..wiring import wiring
from .observed import Event, by_family, log_error, observed


def workflow_step(handle: Callable[[Event, Job], Event]) -> Callable[[Event, LambdaContext], Event]:
    """A door that raises only the five errors that the workflow file knows."""

    @functools.wraps(handle)
    def door(event: Event, context: LambdaContext) -> Event:
        with observed(context):
            job = None
            try:
                job = _job(event)
                logger.thread_safe_append_keys(subject=job.subject.key, run=job.run, correlation_id=job.correlation_id)
                wiring().is_background = job.is_backfill
                return handle(event, job)
            except Exception as error:
                log_error(error)
                shown = by_family(error)
                if job is not None:
                    _note_wait(job, shown)
                raise shown from None

    return door


def _note_wait(job: Job, error: BridgeError) -> None:
    """If the step will be tried again, let the ledger say what it waits for. If that fails, nothing is lost by it.

    Past orders wait by design while other work goes first, and are not noted.
    """
    if job.is_backfill or not isinstance(error, RetryableError | OutcomeUnknownError):
        return
    with suppress(BridgeError, BotoCoreError, ClientError):
        wiring().runs.note_wait(job, error, wiring().clock())


def _job(event: Event) -> Job:
    """The job that the step works on. Raises `PermanentError` if it cannot be read."""
    try:
        return _job_in(event)
    except (KeyError, TypeError, ValueError):
        raise PermanentError(
            "BAD_JOB",
            "The step was not given a subject, a run and an attempt that can be read. Runs are started by an envelope "
            "on the order queue: send one, and stop this run.",
        ) from None


def _job_in(event: Event) -> Job:
    """The job in a step's payload, or in a status-change event, which quotes the input of a run that is over."""
    if "detail" in event:
        return job_of(json.loads(event["detail"]["input"])["job"], LAST_ATTEMPT)
    attempt = event["attempt"]
    entered_at = datetime.fromisoformat(attempt["entered"])
    return job_of(event["job"], attempt_key(entered_at, attempt["retries"]))
