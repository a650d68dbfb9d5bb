"""What is not finished, and how long the oldest order has waited: whose step keeps failing, or that lacks evidence."""

from collections.abc import Iterator
from datetime import datetime

from ..canonical.states import OrderState
from ..observability import Metric, count, measure_seconds
from ..runs.records import PARKED, RECEIVED, SubjectRecord
from ..runs.runs import Runs

_UNFINISHED = (PARKED, RECEIVED, OrderState.OPENED)


def list_unfinished(*, runs: Runs) -> Iterator[SubjectRecord]:
    """Subjects that wait for a person or are being worked on; then orders in other states whose step keeps failing.

    `record.wait` says what such a step waits for, and since when.
    """
    for state in _UNFINISHED:
        yield from runs.in_state(state)
    yield from (record for record in runs.waiting("order") if record.state not in _UNFINISHED)


def measure_waits(runs: Runs, now: datetime) -> int:
    """Measure how long the oldest order waits whose step keeps failing; returns how many such orders there are."""
    waits = [datetime.fromisoformat(record.wait.since) for record in runs.waiting("order")]
    measure_seconds(Metric.LONGEST_WAIT, (now - min(waits, default=now)).total_seconds())
    return len(waits)


def measure_evidence(runs: Runs, now: datetime) -> int:
    """Measure for how many days the oldest order has lacked payment and dispatch; returns how many orders do."""
    since = [record.awaits.since for record in runs.in_state(OrderState.WAITING, kind="order") if record.awaits.since]
    count(Metric.DAYS_WITHOUT_EVIDENCE, (now - datetime.fromisoformat(min(since))).days if since else 0)
    return len(since)
