"""Looks for orders that no webhook told us of, and goes on with a backfill if one is under way."""

from typing import Any

from sitecore_kashflow.runtime.entrypoints import scheduled
from sitecore_kashflow.runtime.wiring import wiring
from sitecore_kashflow.usecases.sweep_orders import go_on_with_backfill, sweep_orders


@scheduled
def lambda_handler(_event: dict[str, Any]) -> dict[str, Any]:
    """Any event -> `{"swept": 12, "backfilled": 0}`, the numbers of orders put on the queue."""
    hands = wiring()
    backfilled = go_on_with_backfill(cursors=hands.cursors, shop=hands.shop, queue=hands.order_queue, now=hands.clock())
    swept = sweep_orders(cursors=hands.cursors, shop=hands.shop, queue=hands.order_queue, now=hands.clock())
    return {"swept": swept, "backfilled": backfilled}
