"""An envelope of a stock level becomes one write."""

from sitecore_kashflow.runs.envelope import Envelope
from sitecore_kashflow.runtime.doors.queue import queue_consumer
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.usecases.act_on_subject import Act, SubjectWorker
from tests.second_shop.providers import stock_writer


def set_stock_level(envelope: Envelope, *, subject_worker: SubjectWorker, write: Act) -> None:
    subject_worker.act_on(envelope, write)


set_level = injected(set_stock_level, write=stock_writer)


def set_stock(envelope: Envelope) -> None:
    set_level(envelope)


lambda_handler = queue_consumer(set_stock)
