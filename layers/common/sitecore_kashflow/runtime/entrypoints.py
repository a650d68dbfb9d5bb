"""One decorator for each kind of door: they set log keys, flush metrics and let only known errors out."""

import base64
import binascii
import functools
import json
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from ..canonical.keys import attempt_key
from ..errors import BridgeError, HeldBackError, OutcomeUnknownError, PermanentError, RetryableError, SupersededError
from ..observability import Metric, count, logger, metrics, name_service
from ..runs.envelope import Envelope
from ..runs.records import LAST_ATTEMPT, Job
from ..usecases.accept_event import Reply
from .settings import ServiceSettings
from .wiring import wiring

_FAMILIES = (PermanentError, OutcomeUnknownError, HeldBackError, RetryableError)
_ONE_DAY = 86_400

Event = dict[str, Any]


def webhook(handle: Callable[[bytes, str, str], Reply]) -> Callable[[Event, LambdaContext], Event]:
    """A door behind API Gateway. `handle` gets the raw bytes, the signature and a correlation id."""

    @functools.wraps(handle)
    def door(event: Event, context: LambdaContext) -> Event:
        with _Observed(context):
            correlation_id = str((event.get("requestContext") or {}).get("requestId") or context.aws_request_id)
            logger.thread_safe_append_keys(correlation_id=correlation_id)
            try:
                reply = handle(_raw_body(event), _header(event, "x-oc-hash"), correlation_id)
            except Exception as error:
                _log(error)
                reply = Reply(
                    503, {"Errors": [{"ErrorCode": "UNAVAILABLE", "Message": "Not accepted; send it again."}]}
                )
        return {
            "statusCode": reply.status,
            "headers": {"Content-Type": "application/json"},
            "body": json.dumps(reply.body),
            "isBase64Encoded": False,
        }

    return door


def queue_consumer(
    handle: Callable[[Envelope], None], served_hints: Callable[[], DynamoDBPersistenceLayer]
) -> Callable[[Event, LambdaContext], PartialItemFailureResponse]:
    """A door behind a queue. Each record succeeds or fails alone; the same hint is served once a day."""
    config = IdempotencyConfig(event_key_jmespath="[source, order_id, hint_id]", expires_after_seconds=_ONE_DAY)

    def serve(*, envelope: Event) -> None:
        handle(Envelope.model_validate(envelope))

    @functools.lru_cache(maxsize=8)
    def once(store: DynamoDBPersistenceLayer) -> Callable[..., None]:
        guarded: Callable[..., None] = idempotent_function(
            serve,
            data_keyword_argument="envelope",
            config=config,
            persistence_store=store,
            key_prefix=handle.__name__,
        )
        return guarded

    def serve_record(record: SQSRecord) -> None:
        try:
            envelope = Envelope.model_validate_json(record.body)
            logger.thread_safe_append_keys(order_key=envelope.order_key, correlation_id=envelope.correlation_id)
            once(served_hints())(envelope=envelope.model_dump(mode="json"))
        except Exception as error:
            _log(error)
            raise

    @functools.wraps(handle)
    def door(event: Event, context: LambdaContext) -> PartialItemFailureResponse:
        with _Observed(context):
            config.register_lambda_context(context)
            processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
            return process_partial_response(
                event=event, record_handler=serve_record, processor=processor, context=context
            )

    return door


def scheduled(handle: Callable[[Event], Event]) -> Callable[[Event, LambdaContext], Event]:
    """A door that a schedule opens. An error is let out by its family, so that the schedule's retries see it."""

    @functools.wraps(handle)
    def door(event: Event, context: LambdaContext) -> Event:
        with _Observed(context):
            try:
                return handle(event)
            except Exception as error:
                _log(error)
                raise by_family(error) from None

    return door


def workflow_step(handle: Callable[[Event, Job], Event]) -> Callable[[Event, LambdaContext], Event]:
    """A step of the workflow. Lets out exactly the five names that the workflow file knows."""

    @functools.wraps(handle)
    def door(event: Event, context: LambdaContext) -> Event:
        with _Observed(context):
            try:
                job = _job(event)
                logger.thread_safe_append_keys(order_key=job.order_key, run=job.run, correlation_id=job.correlation_id)
                wiring().gives_way = job.is_backfill
                return handle(event, job)
            except Exception as error:
                _log(error)
                raise by_family(error) from None

    return door


def by_family(error: Exception) -> BridgeError:
    """The error as exactly its family, with a text that may be shown."""
    if isinstance(error, SupersededError):
        return error
    for family in _FAMILIES:
        if isinstance(error, family):
            return family(error.code, error.words)
    if isinstance(error, ClientError):
        return RetryableError("AWS", f"{error.operation_name}: {error.response['Error']['Code']}.")
    if isinstance(error, BotoCoreError):
        return RetryableError("AWS", f"{type(error).__name__}.")
    if isinstance(error, ValidationError):
        fields = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors()[:5])
        return PermanentError("UNREADABLE", f"{error.title} was sent with fields that cannot be read: {fields}.")
    return PermanentError("UNEXPECTED", f"{type(error).__name__} at {_place(error)}. Please report this as a defect.")


def _job(event: Event) -> Job:
    """The job of a step's payload, or of a status-change event, which quotes the input of a run that is over."""
    if "detail" in event:
        return Job(**json.loads(event["detail"]["input"])["job"], attempt=LAST_ATTEMPT)
    attempt = event["attempt"]
    entered_at = datetime.fromisoformat(attempt["entered"])
    return Job(**event["job"], attempt=attempt_key(entered_at, attempt["retries"]))


class _Observed:
    """Log keys of this invocation only, and its metrics flushed whatever happens."""

    def __init__(self, context: LambdaContext) -> None:
        self._context = context

    def __enter__(self) -> None:
        logger.thread_safe_clear_keys()
        name_service(ServiceSettings.read().powertools_service_name)
        logger.thread_safe_append_keys(request_id=self._context.aws_request_id, function=self._context.function_name)

    def __exit__(self, *_: object) -> None:
        if metrics.metric_set:
            metrics.flush_metrics()


def _log(error: Exception) -> None:
    """What went wrong and where, without the words of a foreign exception: those may hold people's data."""
    if isinstance(error, OutcomeUnknownError):
        count(Metric.OUTCOMES_UNKNOWN)
    told = by_family(error)
    logger.warning(told.code, extra={"error": type(error).__name__, "words": told.words, "place": _place(error)})


def _place(error: Exception) -> str:
    frames = list(traceback.walk_tb(error.__traceback__))[-4:]
    return " < ".join(f"{frame.f_code.co_filename.rpartition('/')[2]}:{line}" for frame, line in reversed(frames))


def _raw_body(event: Event) -> bytes:
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        try:
            return base64.b64decode(body, validate=True)
        except binascii.Error:
            return b""
    return str(body).encode()


def _header(event: Event, name: str) -> str:
    headers = event.get("headers") or {}
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")
