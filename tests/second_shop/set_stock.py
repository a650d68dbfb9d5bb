"""An envelope of a stock level becomes one write."""

from sitecore_kashflow.runs.envelope import Envelope
from sitecore_kashflow.runtime.doors.queue import queue_consumer
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.usecases.act_on_subject import act_on_subject
from tests.second_shop.providers import stock_writer

act = injected(act_on_subject, act=stock_writer)


def set_stock(envelope: Envelope) -> None:
    act(envelope)


lambda_handler = queue_consumer(set_stock)
