"""Looks for documents in KashFlow that stand under one reference."""

from typing import Any

from sitecore_kashflow.runtime.entrypoints import scheduled
from sitecore_kashflow.runtime.wiring import wiring
from sitecore_kashflow.usecases.watch_duplicates import watch_duplicates


@scheduled
def lambda_handler(_event: dict[str, Any]) -> dict[str, Any]:
    """Any event -> `{"standing": 0, "pages_left": 0}`: duplicates, and pages that the next look goes on with.

    Orders go first.
    """
    hands = wiring()
    hands.gives_way = True
    watch = watch_duplicates(store=hands.duplicates, books=hands.books, clock=hands.clock)
    return {"standing": len(watch.found), "pages_left": watch.pages_left}
