"""What every door does: log keys, metrics, and errors with texts that may be shown."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from ...errors import (
    BridgeError,
    HeldBackError,
    OutcomeUnknownError,
    PermanentError,
    RetryableError,
    SupersededError,
    aws_error,
)
from ...observability import LogCode, Metric, count, logger, metrics, name_service, note
from .. import starting
from ..settings import ServiceSettings, read_settings
from ..wiring import wiring

Event = dict[str, Any]
_FAMILIES = (PermanentError, OutcomeUnknownError, HeldBackError, RetryableError)


@contextmanager
def observed(context: LambdaContext) -> Iterator[None]:
    """Set the log keys of this invocation, and flush its metrics whatever happens."""
    starting.end()
    logger.thread_safe_clear_keys()
    name_service(read_settings(ServiceSettings).powertools_service_name)
    logger.thread_safe_append_keys(request_id=context.aws_request_id, function=context.function_name)
    try:
        yield
    finally:
        wiring().end_work()
        if metrics.metric_set:
            metrics.flush_metrics()


def by_family(error: Exception) -> BridgeError:
    """The error as its family exactly, with a text that may be shown."""
    if isinstance(error, SupersededError):
        return error
    for family in _FAMILIES:
        if isinstance(error, family):
            return family(error.code, error.words)
    if isinstance(error, ClientError):
        return aws_error(error.operation_name, error.response["Error"]["Code"])
    if isinstance(error, BotoCoreError):
        return RetryableError("AWS", f"{type(error).__name__}.")
    if type(error).__name__ == "ValidationError" and hasattr(error, "errors"):
        fields = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors()[:5])
        title = getattr(error, "title", "Something")
        return PermanentError("UNREADABLE", f"{title} has fields that cannot be read: {fields}.")
    return PermanentError("UNEXPECTED", f"{type(error).__name__} at {place_of(error)}. Please report this as a defect.")


def log_error(error: Exception) -> None:
    """Log what went wrong and where, without the text of a foreign exception: it may contain people's data."""
    if isinstance(error, OutcomeUnknownError):
        count(Metric.OUTCOMES_UNKNOWN)
    shown = by_family(error)
    if shown.code == "AWS_REFUSED":
        count(Metric.AWS_REFUSED)
    note(_code_of(shown), reason=shown.code, error=type(error).__name__, words=shown.words, place=place_of(error))


def place_of(error: Exception) -> str:
    """The innermost lines of its traceback, each file with its folder; code without a file is left out."""
    lines = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    innermost = [(name, line) for name, line in lines if not name.startswith("<")][:-5:-1]
    return " < ".join(f"{PurePath(name).parent.name}/{PurePath(name).name}:{line}" for name, line in innermost)


def _code_of(error: BridgeError) -> LogCode:
    if error.code == "UNEXPECTED":
        return LogCode.STEP_BROKEN
    if isinstance(error, HeldBackError):
        return LogCode.STEP_HELD_BACK
    return LogCode.STEP_STOPPED if isinstance(error, PermanentError) else LogCode.STEP_FAILED
