"""Doors behind a queue."""

import functools
from collections.abc import Callable
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

from ...errors import HeldBackError
from ...observability import LogCode, logger, note
from ...runs.envelope import Envelope, envelope_of, read_envelope
from ..wiring import wiring
from .observed import Event, log_error, observed

_ONE_DAY_SECONDS = 86_400
_PUT_BACK_FOR_SECONDS = 30
_SAME_HINT = "[kind, source, id, hint_id]"


def queue_consumer(handle: Callable[[Envelope], None]) -> Callable[[Event, LambdaContext], PartialItemFailureResponse]:
    """A door whose records succeed or fail separately; the same hint is served once a day."""
    config = IdempotencyConfig(event_key_jmespath=_SAME_HINT, expires_after_seconds=_ONE_DAY_SECONDS)

    def serve(*, envelope: Event) -> None:
        handle(envelope_of(envelope))

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

    def put_back(envelope: Envelope, error: HeldBackError) -> None:
        """What may not be served yet goes back as a new message, which has neither age nor failures."""
        note(LogCode.HINT_PUT_BACK, reason=error.code)
        wiring().queues(envelope.queue).put(envelope, _PUT_BACK_FOR_SECONDS)

    def serve_record(record: SQSRecord) -> None:
        try:
            envelope = read_envelope(record.body)
            logger.thread_safe_append_keys(subject=envelope.subject.key, correlation_id=envelope.correlation_id)
            try:
                once(wiring().served_hints)(envelope=envelope.to_fields())
            except HeldBackError as error:
                put_back(envelope, error)
        except Exception as error:
            log_error(error)
            raise

    @functools.wraps(handle)
    def door(event: Event, context: LambdaContext) -> Any:
        with observed(context):
            config.register_lambda_context(context)
            processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
            return process_partial_response(
                event=event, record_handler=serve_record, processor=processor, context=context
            )

    return door
