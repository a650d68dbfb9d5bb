"""Putting dead letters back. A letter is deleted only after it has been served, so doing it twice does no harm."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import PermanentError
from ..runs.envelope import read_envelope
from .desk import Desk
from .outcome_values import Redriven

Serve = Callable[[str, Desk], None]
"""Serves one letter by its body. Raises `PermanentError` if it cannot be."""


@dataclass(frozen=True)
class Redrive:
    """How the letters of a queue, by its name in the template, are served: one by one, or the first for all others."""

    queue: str
    serve: Serve
    once_for_all: bool = False


_AT_ONCE = 10
_SECONDS_TO_SERVE = 300


def redrive_queue(queue: str, desk: Desk) -> Redriven:
    """Serve all letters of a queue. Those that cannot be served stay where they are."""
    redrive, sqs = REDRIVES[queue], desk.stack.aws.client("sqs")
    url, put_back, left = desk.stack.queue_url(redrive.queue), 0, 0
    for letter in _letters(sqs, url):
        try:
            if not (redrive.once_for_all and put_back):
                redrive.serve(letter["Body"], desk)
        except PermanentError:
            left += 1
        else:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
            put_back += 1
    return Redriven(queue, put_back, left)


def dead_letters(queue: str, desk: Desk) -> int:
    """The approximate number of letters on a queue."""
    answer = desk.stack.aws.client("sqs").get_queue_attributes(
        QueueUrl=desk.stack.queue_url(REDRIVES[queue].queue), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def _letters(sqs: Any, url: str) -> Iterator[Mapping[str, str]]:
    """All that are there, each once. One that is left comes into sight again after a while."""
    seen = set[str]()
    while True:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=_AT_ONCE, VisibilityTimeout=_SECONDS_TO_SERVE)
        letters = [one for one in answer.get("Messages", []) if one["MessageId"] not in seen]
        if not letters:
            return
        seen |= {one["MessageId"] for one in letters}
        yield from letters


def _enqueue(body: str, desk: Desk) -> None:
    """A hint goes back on the queue of its kind."""
    envelope = read_envelope(body)
    desk.wiring.queues(envelope.queue).put(envelope)


def _park(body: str, desk: Desk) -> None:
    """The notice of a run that ended badly is given to the function again."""
    desk.stack.call("ParkOrderFunction", _event_in(body))


def _sweep(_body: str, desk: Desk) -> None:
    """One look, now, makes up for all that failed."""
    desk.stack.call("SweepOrdersFunction", {})


def _watch(_body: str, desk: Desk) -> None:
    desk.stack.call("WatchDuplicatesFunction", {})


def _reconcile(_body: str, desk: Desk) -> None:
    desk.stack.call("ReconcileBooksFunction", {})


def _notify(body: str, desk: Desk) -> None:
    """An alarm's change, or the schedule's call, is given to the function again."""
    desk.stack.call("NotifyPeopleFunction", _event_in(body))


def _import(body: str, desk: Desk) -> None:
    """The notice of a payout file is given to the function again."""
    desk.stack.call("ImportPayoutFunction", _event_in(body))


def _event_in(body: str) -> Any:
    """The event of the call, which Lambda puts into a report of its own if the function failed."""
    try:
        letter = json.loads(body)
        return letter.get("requestPayload", letter)
    except (ValueError, AttributeError):
        raise PermanentError("UNREADABLE", "The letter is not an event.") from None


REDRIVES: Mapping[str, Redrive] = {
    "order": Redrive("OrderDeadLetterQueue", _enqueue),
    "backfill": Redrive("BackfillDeadLetterQueue", _enqueue),
    "parking": Redrive("ParkingDeadLetterQueue", _park),
    "sweep": Redrive("SweepDeadLetterQueue", _sweep, once_for_all=True),
    "notify": Redrive("NotifyDeadLetterQueue", _notify),
    "payout": Redrive("PayoutDeadLetterQueue", _enqueue),
    "payout-import": Redrive("PayoutImportDeadLetterQueue", _import),
    "watch": Redrive("WatchDeadLetterQueue", _watch, once_for_all=True),
    "reconciliation": Redrive("ReconciliationDeadLetterQueue", _reconcile, once_for_all=True),
}
