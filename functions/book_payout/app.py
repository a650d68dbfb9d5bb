"""Each envelope from the payout queue leads to its payout being matched, and booked once."""

from sitecore_kashflow.runs.envelope import Envelope
from sitecore_kashflow.runtime.doors.queue import queue_consumer
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.usecases.book_payout import book_payout as book

book_once = injected(book)


def book_payout(envelope: Envelope) -> None:
    book_once(envelope)


lambda_handler = queue_consumer(book_payout)
