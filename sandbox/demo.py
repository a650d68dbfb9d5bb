"""The main job, demonstrated: orders placed in the shop become invoices in the books, equal to the penny.

    python -m sandbox.demo [--orders FILE.csv.gz] [--limit N] [--kills N [--seed N] | --scenario NAME,...]

Starts the local stack, places orders through OrderCloud's own API, follows them, and compares the two systems through
their own APIs. Exit status 0 only if every order is right on both sides. With `--kills`, processes
are killed that many times meanwhile (see `havoc.py`), and a sweep then looks for orders that were not announced. With
`--scenario`, the orders are placed in other settings instead, one stack after the other (see `scenarios/`).
"""

import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import boto3
import httpx
from rich.console import Console
from rich.live import Live
from rich.table import Table

from sandbox import scenarios
from sandbox.addresses import ROOT, LocalStack, StackError
from sandbox.havoc import SETTINGS, Havoc
from sandbox.retail import PaymentKind, RetailOrder, RetailShop, ShopError, demo_orders, iter_retail_orders, left_out
from sandbox.shared.arguments import OneSentence, whole_number
from sandbox.stack import local_stack
from sandbox.stack_options import StackOptions
from sandbox.witness import Books, OrderState, Shop

_LOOK_SECONDS = 0.4
_STUCK_SECONDS = 90
_STUCK_AFTER_KILLS_SECONDS = 240
_AT_ONCE = 4
_PATIENCE_SECONDS = 20
_AT_ONCE_IN_TROUBLE, _PATIENCE_IN_TROUBLE_SECONDS = 8, 1.5
_OUR_OWN_FAULT = ("RUN_", "UNEXPECTED", "UNREADABLE", "SNAPSHOT_GONE")
Notes = dict[str, tuple[str, str]]
"""By order: the state on the bridge, and the reason in words if it is parked."""


@dataclass
class Story:
    """What is known of one order while the demo runs."""

    order: RetailOrder
    is_placed: bool = False
    invoiced_at: datetime | None = None
    refused: str = ""
    state: OrderState | None = None

    @property
    def sync_state(self) -> str:
        return self.state.sync_state if self.state else ""

    @property
    def is_paid(self) -> bool:
        """Whether the shop has the money. An order that is completed has been shipped, which is another thing."""
        return self.order.payment is PaymentKind.CAPTURED

    @property
    def wanted(self) -> str:
        """What Sitecore should say in the end; an order for nothing has nothing to pay."""
        return "Paid" if self.is_paid or not self.order.total else "Invoiced"

    @property
    def is_done(self) -> bool:
        return bool(self.refused) or self.sync_state in ("Parked", self.wanted)

    @property
    def seconds(self) -> float | None:
        """From the submission, which sends the webhook, to the invoice."""
        if self.state is None or self.state.submitted_at is None or self.invoiced_at is None:
            return None
        return (self.invoiced_at - self.state.submitted_at).total_seconds()


@dataclass
class Verdict:
    """The comparison of both systems, in rows for the table and faults in words."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)
    sums: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo. Returns the exit status."""
    parser = OneSentence(prog="demo", description="Orders in the shop become invoices in the books.")
    parser.add_argument("--orders", type=Path, help="an Online Retail file (csv.gz) instead of the invented orders")
    parser.add_argument("--limit", type=whole_number, default=None, help="how many orders")
    parser.add_argument("--kills", type=whole_number, default=0, help="how many kills at random, with fifty orders")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the random kills")
    parser.add_argument("--scenario", default="", help="other settings instead, such as enrichment,shadow")
    options = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    try:
        orders = _orders(options.orders, options.limit or (50 if options.kills else None), console)
        if options.scenario:
            return _play_scenarios(options.scenario, orders, console)
        wanted = StackOptions(is_kept=True, parameters=SETTINGS) if options.kills else StackOptions()
        with local_stack(wanted, say=lambda words: console.print(f"[dim]{words}[/dim]")) as stack:
            havoc = Havoc(stack, options.kills, options.seed) if options.kills else None
            console.print(f"[dim]Logs and addresses are in {stack.file.parent.relative_to(ROOT)}.[/dim]")
            return play(orders, stack, console, may_park=options.orders is not None, havoc=havoc)
    except (StackError, OSError) as error:
        console.print(f"[red]{error}[/red]")
        return 1
    except httpx.TransportError as error:
        console.print(f"[red]A part of the stack no longer answers ({error}); see .local/*.log[/red]")
        return 1
    except KeyboardInterrupt:
        console.print("Stopped, and so is everything that was started.")
        return 130


def _play_scenarios(names: str, orders: Sequence[RetailOrder], console: Console) -> int:
    """One after the other; the exit status is 0 only if all came out right."""
    statuses = []
    for name, play_scenario in scenarios.named(names):
        console.rule(f"scenario {name}")
        statuses.append(play_scenario(orders, console))
    return max(statuses)


def _orders(path: Path | None, limit: int | None, console: Console) -> list[RetailOrder]:
    if path is None:
        return demo_orders(limit or 12)
    orders = list(islice(iter_retail_orders(path), limit))
    reasons = [one.reason for one in left_out(path)]
    counts = ", ".join(f"{reasons.count(reason)} for {reason}" for reason in dict.fromkeys(reasons))
    console.print(f"{len(orders)} orders from {path.name}. Left out of the whole file: {counts}.")
    return orders


def play(
    orders: Sequence[RetailOrder], stack: LocalStack, console: Console, *, may_park: bool, havoc: Havoc | None = None
) -> int:
    """Place the orders, follow them, compare both systems, show it. Returns the exit status."""
    stories = {order.order_id: Story(order) for order in orders}
    with RetailShop(stack.ordercloud_url) as backoffice:
        backoffice.subscribe(stack.ordercloud_webhook_url, stack.hash_key)
    placing = threading.Thread(target=_place_all, args=(list(stories.values()), stack, havoc), daemon=True)
    placing.start()
    lines = [havoc.transport() if havoc else None for _ in range(2)]
    with (
        Shop(stack.ordercloud_url, transport=lines[0]) as shop,
        Books(stack.kashflow_url, transport=lines[1]) as books,
    ):
        if havoc:
            trouble = threading.Thread(target=_trouble, args=(havoc, stories, placing), daemon=True)
            trouble.start()
        _follow(stories, shop, books, console, _STUCK_AFTER_KILLS_SECONDS if havoc else _STUCK_SECONDS)
        placing.join(timeout=5)
        if havoc:
            trouble.join(timeout=60)
            console.print(havoc.summary())
        verdict = _judge(stories, shop, books, ledger_notes(stack), may_park=may_park)
    _show(stories, verdict, console)
    return 1 if verdict.faults else 0


def _place_all(stories: Sequence[Story], stack: LocalStack, havoc: Havoc | None) -> None:
    """Place them as customers do, a few at a time, because a laptop is not a data centre."""
    with RetailShop(stack.ordercloud_url, transport=havoc.transport() if havoc else None) as shop:
        for position, story in enumerate(stories):
            room = (_AT_ONCE_IN_TROUBLE, _PATIENCE_IN_TROUBLE_SECONDS) if havoc else (_AT_ONCE, _PATIENCE_SECONDS)
            _wait_for_room(stories[:position], *room)
            try:
                shop.place(story.order)
            except ShopError as refusal:
                story.refused = str(refusal)
            story.is_placed = True


def _wait_for_room(before: Sequence[Story], at_once: int, patience_seconds: float) -> None:
    until = time.monotonic() + patience_seconds
    while sum(not story.is_done for story in before) >= at_once and time.monotonic() < until:
        time.sleep(0.05)


def _trouble(havoc: Havoc, stories: dict[str, Story], placing: threading.Thread) -> None:
    """Start killing once the first order is done; then sweep, because some webhooks may be lost."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while not any(story.is_done for story in stories.values()) and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
    havoc.run()
    placing.join()
    havoc.sweep()


def _follow(stories: dict[str, Story], shop: Shop, books: Books, console: Console, stuck_seconds: float) -> None:
    """Watch both systems until every order is done, or nothing has moved for a long time."""
    last_move, before = time.monotonic(), (-1, -1)
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        while True:
            for reference in books.new_references():
                if reference in stories:
                    stories[reference].invoiced_at = datetime.now(UTC)
            for state in shop.orders():
                if state.order_id in stories:
                    stories[state.order_id].state = state
            done = sum(story.is_done for story in stories.values())
            placed = sum(story.is_placed for story in stories.values())
            invoiced = sum(story.invoiced_at is not None for story in stories.values())
            live.update(f"placed {placed}, invoiced {invoiced}, done {done} of {len(stories)}")
            if (done, placed) != before:
                last_move, before = time.monotonic(), (done, placed)
            if done == len(stories) or time.monotonic() - last_move > stuck_seconds:
                return
            time.sleep(_LOOK_SECONDS)


def ledger_notes(stack: LocalStack) -> Notes:
    """What the bridge's ledger says about each order."""
    table = boto3.resource("dynamodb", **stack.client_arguments).Table(stack.ledger_table)
    scan: dict[str, Any] = {}
    notes: Notes = {}
    while True:
        page = table.scan(**scan)
        for item in page["Items"]:
            if item["sk"] == "STATE":
                notes[str(item["pk"]).rpartition(":")[2]] = (str(item["state"]), str(item.get("reason", "")))
        if "LastEvaluatedKey" not in page:
            return notes
        scan = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _judge(stories: dict[str, Story], shop: Shop, books: Books, notes: Notes, *, may_park: bool) -> Verdict:
    """Compare what the two systems say. The ledger's notes are used only to explain faults.

    Real orders `may_park` for reasons of their own; the invented ones must not.
    """
    verdict = Verdict()
    invoices: dict[str, list[dict[str, Any]]] = {}
    for row in books.rows():
        invoices.setdefault(row["CustomerReference"], []).append(row)
    sums: dict[str, list[Decimal]] = {}
    for order_id, story in stories.items():
        found = invoices.pop(order_id, [])
        if story.refused:
            verdict.faults.append(f"{order_id}: the shop itself could not place it: {story.refused}")
            continue
        state = shop.order(order_id)
        fault = next(_faults(story, state, found, may_park), "")
        if fault:
            known, why = notes.get(order_id, ("unknown to the bridge", ""))
            verdict.faults.append(f"{order_id}: {fault}. State on the bridge: {known}. {why}".rstrip())
        elif state.sync_state == "Parked":
            verdict.parked.append(f"{order_id}  {state.total:,.2f} {state.currency}  {notes[order_id][1]}")
        ordered, invoiced, parked = sums.setdefault(state.currency, [Decimal(0)] * 3)
        gross = sum((row["GrossAmount"] for row in found), Decimal(0))
        is_parked = state.sync_state == "Parked" and not found
        sums[state.currency] = [ordered + state.total, invoiced + gross, parked + (state.total if is_parked else 0)]
        verdict.rows.append(_row(state, found, fault))
    verdict.faults += [
        f"Invoice {rows[0]['Number']} has a reference of no order: {ref}" for ref, rows in invoices.items()
    ]
    for currency, (ordered, invoiced, parked) in sums.items():
        agree = "equal" if ordered == invoiced + parked else "DIFFERENT"
        verdict.sums.append(
            f"{currency}: orders {ordered:,.2f} = invoices {invoiced:,.2f} + parked {parked:,.2f}: {agree}"
        )
        if agree != "equal":
            verdict.faults.append(f"the sums in {currency} differ by {ordered - invoiced - parked:,.2f}")
    return verdict


def _faults(story: Story, state: OrderState, invoices: Sequence[dict[str, Any]], may_park: bool) -> Iterator[str]:
    """What is wrong with an order, in words, the worst first; nothing if it is right on both sides."""
    error = str(state.bridge_report.get("Error") or "")
    if state.sync_state == "Parked" and (not may_park or error.startswith(_OUR_OWN_FAULT)):
        yield f"parked for {error}"
    if len(invoices) > 1:
        yield f"{len(invoices)} invoices"
    if state.total != story.order.total:
        yield f"OrderCloud says {state.total}, the shop placed {story.order.total}"
    for invoice in invoices:
        yield from _invoice_faults(story, state, invoice)
    if not invoices and state.sync_state != "Parked":
        yield f"no invoice; OrderCloud says {state.sync_state or 'nothing about the books'}"


def _invoice_faults(story: Story, state: OrderState, invoice: dict[str, Any]) -> Iterator[str]:
    number = invoice["Number"]
    if invoice["GrossAmount"] != state.total:
        yield f"invoice {number} comes to {invoice['GrossAmount']}, the order to {state.total}"
    if state.bridge_report.get("InvoiceNumber") != number:
        yield f"OrderCloud names invoice {state.bridge_report.get('InvoiceNumber')}, KashFlow has {number}"
    if story.is_paid != (invoice["DueAmount"] == 0) and state.total:
        yield f"invoice {number} has {invoice['DueAmount']} due, the order is {story.order.payment.value}"
    if state.sync_state != story.wanted:
        yield f"OrderCloud says {state.sync_state}, not {story.wanted}"


def _row(state: OrderState, invoices: Sequence[dict[str, Any]], fault: str) -> tuple[str, ...]:
    numbers = ", ".join(str(row["Number"]) for row in invoices) or "-"
    gross = f"{invoices[0]['GrossAmount']:,.2f}" if invoices else "-"
    code = invoices[0]["CustomerCode"] if invoices else "-"
    total = f"{state.total:,.2f} {state.currency}"
    return (state.order_id, code, numbers, total, gross, state.sync_state or "-", "wrong" if fault else "")


def _show(stories: dict[str, Story], verdict: Verdict, console: Console) -> None:
    table = Table("order", "customer", "invoice", "order total", "invoice total", "Sitecore says", "")
    for column in table.columns[3:5]:
        column.justify = "right"
    for row in verdict.rows:
        table.add_row(*row, style="red" if row[-1] else "yellow" if row[-2] == "Parked" else None)
    console.print(table)
    for words in verdict.sums:
        console.print(words)
    seconds = sorted(story.seconds for story in stories.values() if story.seconds is not None)
    if seconds:
        console.print(
            f"from webhook to invoice: median {statistics.median(seconds):.1f} s, slowest {seconds[-1]:.1f} s "
            f"(seen every {_LOOK_SECONDS} s)"
        )
    if verdict.parked:
        console.print(f"\n{len(verdict.parked)} parked, each waiting for a person:")
        for words in verdict.parked:
            console.print(f"  {words}")
    for words in verdict.faults:
        console.print(f"[red]wrong: {words}[/red]")
    right = len(stories) - len(verdict.faults)
    console.print(f"\n{right} of {len(stories)} orders right on both sides." if verdict.faults else
                  f"\nAll {len(stories)} orders are right on both sides.")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
