"""Looks for orders that no webhook announced, continues a backfill, and tells shops what they have not heard."""

from typing import Any

from sitecore_kashflow.runtime.doors.schedule import scheduled
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.usecases.sweep_everything import sweep_everything

sweep = injected(sweep_everything)


@scheduled
def lambda_handler(_event: dict[str, Any]) -> dict[str, Any]:
    """Any event -> `{"swept": 12, "returned": 1, "again": 0, "backfilled": 0, "told": 0, "waiting": 0,
    "without_evidence": 0, "cut_short": 0}`.

    So many orders were put on the queue; of so many the shop was told; so many wait because a step keeps failing, and
    so many for a payment or dispatch; so many looks were cut short.
    """
    answer: dict[str, Any] = sweep()
    return answer
