"""Looks for what no webhook told us of, and goes on with a backfill if one is under way."""

from typing import Any

from sitecore_kashflow.runtime.entrypoints import scheduled
from sitecore_kashflow.runtime.wiring import wiring
from sitecore_kashflow.usecases.look_again import look_again
from sitecore_kashflow.usecases.sweep_orders import go_on_with_backfill, sweep_orders


@scheduled
def lambda_handler(_event: dict[str, Any]) -> dict[str, Any]:
    """Any event -> `{"swept": 12, "again": 0, "backfilled": 0}`, the numbers of orders put on the queue.

    The past goes first, as long as the queue is short; new orders are looked for whatever became of that.
    """
    hands = wiring()
    cursors, queue, now = hands.cursors, hands.order_queue, hands.clock()
    try:
        backfilled = go_on_with_backfill(cursors=cursors, shop=hands.shop, queue=queue, now=now)
        again = look_again(ledger=hands.ledger, cursors=cursors, queue=queue, now=now)
    finally:
        swept = sweep_orders(cursors=cursors, shop=hands.shop, queue=queue, now=now)
    return {"swept": swept, "again": again, "backfilled": backfilled}
