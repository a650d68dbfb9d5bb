"""Compares the books with the shop, order by order and document by document."""

from dataclasses import asdict
from typing import Any

from sitecore_kashflow.runtime.doors.schedule import scheduled
from sitecore_kashflow.runtime.wiring import injected, wiring
from sitecore_kashflow.usecases.reconcile_books import reconcile_books

reconcile = injected(reconcile_books)


@scheduled
def lambda_handler(_event: dict[str, Any]) -> dict[str, Any]:
    """Any event -> `{"stage": "done", "unexplained": {"2026-10": 0, "2026-11": 0}}`.

    How far the comparison has got, and how many differences nothing explains, by month. Its calls are background work.
    """
    wiring().is_background = True
    return asdict(reconcile())
