"""Each envelope from the order queue leads to at most one running workflow for its order."""

from sitecore_kashflow.runs.envelope import Envelope
from sitecore_kashflow.runtime.doors.queue import queue_consumer
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.usecases.open_order import open_order

open_run = injected(open_order)


def process_order(envelope: Envelope) -> None:
    open_run(envelope)


lambda_handler = queue_consumer(process_order)
