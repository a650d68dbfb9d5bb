"""`make order`: places an order in the sandbox's shop, and follows it to its invoice.

    python -m sandbox.order

Prints each state with its time, and where to read on. Exit status 0 only if Sitecore says in the end that the order is
invoiced or paid.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import httpx
from botocore.exceptions import BotoCoreError

from sandbox.addresses import LocalStack, StackError, running_stack
from sandbox.retail import RetailOrder, RetailShop, ShopError, demo_orders
from sandbox.witness import Books, Shop

_LOOK_SECONDS = 0.2
_PATIENCE_SECONDS = 90
_DONE = ("Invoiced", "Paid", "Parked")


def main() -> int:
    """Place and follow one order. Returns the exit status."""
    try:
        stack = running_stack()
        return _follow(_place(stack), stack)
    except (StackError, ShopError) as error:
        print(error, file=sys.stderr)
        return 1
    except (httpx.HTTPError, BotoCoreError) as error:
        print(f"The stack no longer answers: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _place(stack: LocalStack) -> RetailOrder:
    if "ordercloud" not in stack.pids:
        raise StackError("This stack has an OrderCloud of yours: place the order there, then `make show ORDER=its id`.")
    now = datetime.now(UTC)
    order = replace(demo_orders(now.second + 1)[-1], order_id=f"O-{now:%H%M%S}")
    with RetailShop(stack.ordercloud_url) as shop:
        shop.place(order)
    lines = f"{len(order.lines)} line{'s' if len(order.lines) > 1 else ''}"
    _say(f"{order.order_id} is placed in the shop: {lines}, {order.total} {order.customer.currency}")
    return order


def _follow(order: RetailOrder, stack: LocalStack) -> int:
    """Say each thing that has changed, until the shop knows what became of the order."""
    until, before, sync_state = time.monotonic() + _PATIENCE_SECONDS, set[str](), ""
    with Shop(stack.ordercloud_url) as shop, Books(stack.kashflow_url) as books:
        while sync_state not in _DONE and time.monotonic() < until:
            sync_state = shop.order(order.order_id).sync_state
            news = [one for one in _seen(order, sync_state, books, stack) if one not in before]
            for words in news:
                _say(words)
            before |= set(news)
            time.sleep(_LOOK_SECONDS)
    print(f"make show ORDER={order.order_id} says what the bridge knows of it; make logs, what its functions did.")
    return 0 if sync_state in ("Invoiced", "Paid") else 1


def _seen(order: RetailOrder, sync_state: str, books: Books, stack: LocalStack) -> Iterator[str]:
    """What there is to see of it now: on the bridge, in KashFlow, in the shop."""
    for row in books.rows():
        if row["CustomerReference"] == order.order_id:
            money = f"{row['GrossAmount']:.2f} {order.customer.currency}"
            yield f"invoice {row['Number']} over {money} is in KashFlow for customer {row['CustomerCode']}"
    table = boto3.resource("dynamodb", **stack.client_arguments).Table(stack.ledger_table)
    key = {"pk": f"ORDER#ordercloud:{order.order_id}", "sk": "STATE"}
    record: dict[str, Any] = dict(table.get_item(Key=key).get("Item", {}))
    if record:
        reason = f": {record['reason']}" if record.get("reason") else ""
        yield f"{record['state']} on the bridge{reason}"
    if sync_state:
        yield f"Sitecore says: {sync_state}"


def _say(words: str) -> None:
    print(f"  {datetime.now(UTC):%H:%M:%S.%f}"[:12] + f"  {words}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
