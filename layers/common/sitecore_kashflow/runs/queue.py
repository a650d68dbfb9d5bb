"""Putting envelopes on a queue."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import BridgeError, PermanentError, QueueUnavailableError, aws_error
from .envelope import Envelope

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_BATCH = 10


class EnvelopeQueue:
    """One SQS queue of envelopes."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url

    def put(self, envelope: Envelope, delay_seconds: int = 0) -> None:
        """Send one, to be received after some time. Raises a `BridgeError` if the queue did not accept it."""
        try:
            self._sqs.send_message(QueueUrl=self._url, MessageBody=envelope.to_json(), DelaySeconds=delay_seconds)
        except (BotoCoreError, ClientError) as error:
            raise _not_taken(error) from None

    def put_all(self, envelopes: Sequence[Envelope]) -> None:
        """Send all. Raises a `BridgeError` if the queue did not accept all; some may be on it."""
        for first in range(0, len(envelopes), _BATCH):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(at), "MessageBody": envelope.to_json()}
                for at, envelope in enumerate(envelopes[first : first + _BATCH])
            ]
            try:
                answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
            except (BotoCoreError, ClientError) as error:
                raise _not_taken(error) from None
            if answer.get("Failed"):
                raise QueueUnavailableError(f"{len(answer['Failed'])} envelopes")

    def waiting(self) -> int:
        """The approximate number of waiting envelopes."""
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])


Queues = Callable[[str], EnvelopeQueue]
"""Gives the queue of a kind of subject, such as `order`, or that of background work."""


def _not_taken(error: BotoCoreError | ClientError) -> BridgeError:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    found = aws_error("SendMessage", code)
    return found if isinstance(found, PermanentError) else QueueUnavailableError("a message", code)
