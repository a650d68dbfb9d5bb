"""Envelopes put on a queue: all of them, or the sender hears that some are not."""

from typing import Any

import pytest

from sitecore_kashflow.errors import RetryableError
from sitecore_kashflow.runs.envelope import Envelope
from sitecore_kashflow.runs.queue import EnvelopeQueue
from tests.unit.doubles import Clock, order_subject


class Sqs:
    """Takes each batch but for the entries whose number is in `refused`."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.batches: list[int] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> Any:  # noqa: N803
        self.batches.append(len(Entries))
        failed = [{"Id": one["Id"]} for one in Entries if one["Id"] in self.refused]
        taken = [{"Id": one["Id"]} for one in Entries if one["Id"] not in self.refused]
        return {"Successful": taken, "Failed": failed}


def envelopes(many: int, clock: Clock) -> list[Envelope]:
    return [Envelope(order_subject(f"SO-{number}"), "live", str(number), clock(), "c") for number in range(many)]


def test_queue_when_it_takes_only_some_of_a_batch_is_not_taken_to_have_all(clock: Clock) -> None:
    sqs: Any = Sqs("1")
    with pytest.raises(RetryableError, match="1 envelopes"):
        EnvelopeQueue(sqs, "url").put_all(envelopes(3, clock))


def test_queue_is_given_at_most_ten_envelopes_at_a_time(clock: Clock) -> None:
    sqs: Any = Sqs()
    EnvelopeQueue(sqs, "url").put_all(envelopes(23, clock))
    assert sqs.batches == [10, 10, 3]
