"""Looks for orders that no webhook announced, and continues a backfill if there is one."""

from typing import Any

from sitecore_kashflow.runtime.doors.schedule import scheduled
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.usecases.sweep_everything import sweep_everything

sweep = injected(sweep_everything)


@scheduled
def lambda_handler(_event: dict[str, Any]) -> dict[str, Any]:
    """Any event -> `{"swept": 12, "again": 0, "backfilled": 0}`, how many orders were put on the queue."""
    answer: dict[str, Any] = sweep()
    return answer
