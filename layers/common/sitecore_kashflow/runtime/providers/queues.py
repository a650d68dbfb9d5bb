"""The order queue, and which of its hints were served recently."""

from typing import Any

from ...runs.queue import EnvelopeQueue
from ..settings import IdempotencySettings, QueueSettings, read_settings
from ..wiring import Wiring


def queue(wiring: Wiring) -> EnvelopeQueue:
    return EnvelopeQueue(wiring.aws.client("sqs"), read_settings(QueueSettings).order_queue_url)


def served_hints(wiring: Wiring) -> Any:
    """Powertools' store of idempotency records."""
    from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer  # noqa: PLC0415

    return DynamoDBPersistenceLayer(
        table_name=read_settings(IdempotencySettings).idempotency_table_name,
        boto3_client=wiring.aws.client("dynamodb"),
    )
