"""An envelope from the order queue becomes at most one running workflow for its order."""

from sitecore_kashflow.runs.envelope import Envelope
from sitecore_kashflow.runtime.entrypoints import queue_consumer
from sitecore_kashflow.runtime.wiring import wiring
from sitecore_kashflow.usecases.open_order import open_order


def process_order(envelope: Envelope) -> None:
    hands = wiring()
    open_order(envelope, ledger=hands.ledger, workflow=hands.workflow, now=hands.clock())


lambda_handler = queue_consumer(process_order, lambda: wiring().served_hints)
