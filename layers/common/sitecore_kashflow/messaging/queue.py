"""Putting envelopes on a queue."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import RetryableError
from .envelope import Envelope

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


class EnvelopeQueue:
    """One SQS queue of envelopes."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url

    def put(self, envelope: Envelope) -> None:
        """Raises `RetryableError` if the queue did not take it."""
        try:
            self._sqs.send_message(QueueUrl=self._url, MessageBody=envelope.model_dump_json())
        except (BotoCoreError, ClientError) as error:
            raise RetryableError("QUEUE_UNAVAILABLE", f"The queue did not take it: {type(error).__name__}.") from None
