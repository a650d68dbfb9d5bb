"""Looks for documents in KashFlow that share a reference."""

from typing import Any

from sitecore_kashflow.runtime.doors.schedule import scheduled
from sitecore_kashflow.runtime.wiring import injected, wiring
from sitecore_kashflow.usecases.watch_duplicates import watch_duplicates

watch = injected(watch_duplicates)


@scheduled
def lambda_handler(_event: dict[str, Any]) -> dict[str, Any]:
    """Any event -> `{"standing": 0, "pages_left": 0}`: duplicates found, and pages left for the next check.

    Its calls are background work: calls for orders go first.
    """
    wiring().is_background = True
    seen = watch()
    return {"standing": len(seen.found), "pages_left": seen.pages_left}
