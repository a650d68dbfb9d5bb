"""The queues, one for each kind of subject, and which of their hints were served recently."""

from typing import Any

from ...runs.queue import EnvelopeQueue, Queues
from ..settings import IdempotencySettings, queue_url, read_settings
from ..wiring import Wiring


def queues(wiring: Wiring) -> Queues:
    sqs = wiring.aws.client("sqs")
    return lambda kind: EnvelopeQueue(sqs, queue_url(kind))


def served_hints(wiring: Wiring) -> Any:
    """Powertools' store of idempotency records."""
    from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer  # noqa: PLC0415

    return DynamoDBPersistenceLayer(
        table_name=read_settings(IdempotencySettings).idempotency_table_name,
        boto3_client=wiring.aws.client("dynamodb"),
    )
