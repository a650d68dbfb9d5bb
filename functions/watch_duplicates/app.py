"""Looks for documents in KashFlow that stand under one reference."""

from typing import Any

from sitecore_kashflow.runtime.doors.schedule import scheduled
from sitecore_kashflow.runtime.wiring import injected, wiring
from sitecore_kashflow.usecases.watch_duplicates import watch_duplicates

watch = injected(watch_duplicates)


@scheduled
def lambda_handler(_event: dict[str, Any]) -> dict[str, Any]:
    """Any event -> `{"standing": 0, "pages_left": 0}`: duplicates, and pages that the next look goes on with.

    Orders go first.
    """
    wiring().gives_way = True
    seen = watch()
    return {"standing": len(seen.found), "pages_left": seen.pages_left}
