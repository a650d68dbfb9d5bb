"""The bridge is in shadow mode: it works out every order, says what it would post, and writes to neither system."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox.addresses import LocalStack
from sandbox.demo import ledger_notes
from sandbox.retail import RetailOrder, RetailShop
from sandbox.scenarios.command import ask
from sandbox.stack import local_stack
from sandbox.stack_options import StackOptions
from sandbox.witness import Books, Shop

_LOOK_SECONDS, _PATIENCE_SECONDS = 0.5, 120


@dataclass(frozen=True)
class _Seen:
    """What the bridge says of an order: its state, and the invoice that it would make."""

    state: str
    invoice: Mapping[str, Any]

    @property
    def gross(self) -> Decimal:
        return Decimal(self.invoice["sums"]["gross"]) if self.invoice else Decimal(0)


def play(orders: Sequence[RetailOrder], console: Console) -> int:
    """Place the orders, wait until all are worked out, and see that nothing was written."""
    options = StackOptions(parameters={"Mode": "shadow"})
    with local_stack(options, say=lambda words: console.print(f"[dim]{words}[/dim]")) as stack:
        with RetailShop(stack.ordercloud_url) as backoffice:
            backoffice.subscribe(stack.ordercloud_webhook_url, stack.hash_key)
            for order in orders:
                backoffice.place(order)
        states = _wait(orders, stack)
        seen = {order.order_id: _Seen(states.get(order.order_id, "unknown"), _plan(stack, order)) for order in orders}
        faults = [*_faults(orders, seen), *_writes(stack)]
    _show(orders, seen, console)
    for words in faults:
        console.print(f"[red]wrong: {words}[/red]")
    if not faults:
        console.print(f"All {len(orders)} orders are worked out to the penny, and nothing was written anywhere.")
    return 1 if faults else 0


def _wait(orders: Sequence[RetailOrder], stack: LocalStack) -> dict[str, str]:
    """The orders' states once all are shadowed, or after a long time."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        states = {name: state for name, (state, _) in ledger_notes(stack).items()}
        if all(states.get(order.order_id) == "shadowed" for order in orders) or time.monotonic() > until:
            return states
        time.sleep(_LOOK_SECONDS)


def _plan(stack: LocalStack, order: RetailOrder) -> Mapping[str, Any]:
    """The invoice that would be posted; nothing if there is none."""
    documents = ask(stack, "preview", order.order_id)["documents"]
    return next((one for one in documents if one["kind"] == "invoice"), {})


def _faults(orders: Sequence[RetailOrder], seen: Mapping[str, _Seen]) -> Iterator[str]:
    for order in orders:
        found = seen[order.order_id]
        if found.state != "shadowed":
            yield f"{order.order_id} is {found.state}, not shadowed"
        elif found.gross != order.total:
            yield f"{order.order_id} would be invoiced for {found.gross}, and comes to {order.total}"


def _writes(stack: LocalStack) -> Iterator[str]:
    """What the bridge has written although it must not."""
    with Books(stack.kashflow_url) as books:
        yield from (f"KashFlow has invoice {one['Number']}" for one in books.rows())
        customers = books.get("/customers", page="1", perpage="100")["Data"]
        yield from (f"KashFlow has customer {one['Code']}" for one in customers)
    with Shop(stack.ordercloud_url) as shop:
        yield from (f"{one.order_id} says {one.bridge_report}" for one in shop.orders() if one.bridge_report)


def _show(orders: Sequence[RetailOrder], seen: Mapping[str, _Seen], console: Console) -> None:
    table = Table("order", "state", "order total", "would be invoiced", "by the rule of its first line")
    for order in orders:
        found = seen[order.order_id]
        rule = found.invoice["lines"][0]["why"] if found.invoice else "-"
        total = f"{order.total:,.2f} {order.customer.currency}"
        table.add_row(order.order_id, found.state, total, f"{found.gross:,.2f}", rule)
    console.print(table)
