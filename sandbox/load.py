"""Plays many orders at a steady rate, and measures how long each takes from its webhook to its invoice.

    python -m sandbox.load [--orders N] [--rate N]

The orders are filled beforehand, so that at the given rate nothing is done but submitting them. Exit status 0 only if
each has one invoice over the order's total and no webhook was refused.
"""

import json
import re
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from sandbox.addresses import LocalStack, StackError
from sandbox.retail import RetailOrder, RetailShop, demo_orders
from sandbox.shared.arguments import OneSentence, whole_number
from sandbox.stack import local_stack
from sandbox.witness import Books, Shop

_LOOK_SECONDS = 0.5
_STUCK_SECONDS = 120
_TO_INVOICE = ("ingest_ordercloud", "process_order", "prepare_order", "ensure_customer", "create_invoice")
_REPORT = re.compile(r"^REPORT .*? Duration: (\d+) ms(?: Init Duration: (\d+) ms)? Waited: (\d+) ms$", re.MULTILINE)


@dataclass(frozen=True)
class Calls:
    """What the functions on the way to the invoice did, all together, in seconds."""

    number: int
    working: float
    cold_starts: int
    starting: float
    waiting: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the orders. Returns the exit status."""
    parser = OneSentence(prog="load", description="Many orders at a steady rate, from webhook to invoice.")
    parser.add_argument("--orders", type=whole_number, default=300, help="how many orders")
    parser.add_argument("--rate", type=whole_number, default=5, help="how many a second")
    options = parser.parse_args(arguments)
    try:
        with local_stack(say=lambda words: print(words, flush=True)) as stack:
            return play(demo_orders(options.orders), options.rate, stack)
    except (StackError, OSError, httpx.TransportError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped, and so is everything that was started.")
        return 130


def play(orders: Sequence[RetailOrder], rate: int, stack: LocalStack) -> int:
    """Submit the orders at a rate, follow them to their invoices, and say what came of it."""
    with RetailShop(stack.ordercloud_url) as shop, Books(stack.kashflow_url) as books:
        print(f"Filling {len(orders)} orders ...", flush=True)
        for order in orders:
            shop.fill(order)
        for url in (stack.kashflow_url, stack.ordercloud_url):
            httpx.delete(f"{_control(url)}/calls").raise_for_status()
        shop.subscribe(stack.ordercloud_webhook_url, stack.hash_key)
        print(f"Submitting them, {rate} a second ...", flush=True)
        begun = time.monotonic()
        submitting = threading.Thread(target=_submit, args=(orders, rate, shop), daemon=True)
        submitting.start()
        invoiced_at, looks = _follow(orders, books)
        took = time.monotonic() - begun
        submitting.join()
    own = (looks, sum(1 + order.completed for order in orders))
    called = [_calls_of(url) - our for url, our in zip((stack.kashflow_url, stack.ordercloud_url), own, strict=True)]
    faults = [*_refused(stack), *_wrong(orders, stack)]
    for words in (*_figures(_latencies(invoiced_at, stack), took, called, Path(stack.logs)), *faults):
        print(words)
    return 1 if faults else 0


def _submit(orders: Sequence[RetailOrder], rate: int, shop: RetailShop) -> None:
    begun = time.monotonic()
    for position, order in enumerate(orders):
        time.sleep(max(0.0, begun + position / rate - time.monotonic()))
        shop.submit(order)


def _follow(orders: Sequence[RetailOrder], books: Books) -> tuple[dict[str, datetime], int]:
    """When each invoice was first seen, and the number of looks. Ends when all are there, or none has come for long."""
    wanted, seen, last, looks = {order.order_id for order in orders}, dict[str, datetime](), time.monotonic(), 0
    while seen.keys() != wanted and time.monotonic() - last < _STUCK_SECONDS:
        fresh = [reference for reference in books.new_references() if reference in wanted]
        if fresh:
            seen |= dict.fromkeys(fresh, datetime.now(UTC))
            last = time.monotonic()
        looks += 1
        time.sleep(_LOOK_SECONDS)
    return seen, looks


def _latencies(invoiced_at: dict[str, datetime], stack: LocalStack) -> list[float]:
    """Seconds from the submission, which sends the webhook, to the invoice."""
    with Shop(stack.ordercloud_url) as shop:
        submitted = {state.order_id: state.submitted_at for state in shop.orders()}
    return [(at - since).total_seconds() for order_id, at in invoiced_at.items() if (since := submitted.get(order_id))]


def _figures(seconds: Sequence[float], took: float, called: Sequence[int], logs: Path) -> list[str]:
    if not seconds:
        return ["No order has an invoice."]
    calls, number = _calls(logs), len(seconds)
    parts = statistics.quantiles(seconds, n=100, method="inclusive") if number > 1 else [*seconds] * 99
    per_order = [part / number for part in (calls.working, calls.starting, calls.waiting)]
    rest = max(0.0, statistics.mean(seconds) - sum(per_order))
    shares = [f"{100 * part / (sum(per_order) + rest):.0f} %" for part in (*per_order, rest)]
    return [
        f"{number} invoices in {took:.0f} s, {number / took:.1f} a second. From webhook to invoice: "
        f"median {parts[49]:.1f} s, p90 {parts[89]:.1f} s, p99 {parts[98]:.1f} s (seen every {_LOOK_SECONDS} s).",
        f"Of that time: functions at work {shares[0]}, cold starts {shares[1]} ({calls.cold_starts} of them), "
        f"waits for a worker {shares[2]}, queue and workflow {shares[3]}.",
        f"For each order: {calls.number / number:.1f} calls of functions, {called[0] / number:.1f} calls of KashFlow "
        f"and {called[1] / number:.1f} of OrderCloud.",
    ]


def _calls(logs: Path) -> Calls:
    """By the reports in the functions' logs."""
    found = [
        tuple(int(part or 0) / 1000 for part in report)
        for name in _TO_INVOICE
        if (path := logs / "functions" / f"{name}.log").exists()
        for report in _REPORT.findall(path.read_text("utf-8", "replace"))
    ]
    working, starting, waiting = (sum(report[place] for report in found) for place in range(3))
    return Calls(len(found), working, sum(1 for report in found if report[1]), starting, waiting)


def _calls_of(url: str) -> int:
    """How many calls a system has had since the orders were filled."""
    return int(json.loads(httpx.get(f"{_control(url)}/calls").raise_for_status().content)["total"])


def _control(url: str) -> str:
    return f"{url.removesuffix('/v2')}/_sandbox"


def _refused(stack: LocalStack) -> list[str]:
    """A sentence for each kind of answer to a webhook that was not a success."""
    report = json.loads(httpx.get(f"{_control(stack.ordercloud_url)}/deliveries").raise_for_status().content)
    answers = [one["status"] for one in report["deliveries"]]
    kinds = sorted({str(one) for one in answers if not (isinstance(one, int) and one < 300)})
    return [f"wrong: {sum(str(one) == kind for one in answers)} webhooks ended with {kind}" for kind in kinds]


def _wrong(orders: Sequence[RetailOrder], stack: LocalStack) -> list[str]:
    """A sentence for each order that has not one invoice over its total."""
    with Books(stack.kashflow_url) as books:
        rows = books.rows()
    found: dict[str, list[object]] = {}
    for row in rows:
        found.setdefault(row["CustomerReference"], []).append(row["GrossAmount"])
    return [
        f"wrong: {order.order_id} over {order.total} has invoices over {found.get(order.order_id, 'nothing')}"
        for order in orders
        if found.get(order.order_id) != [order.total]
    ]


if __name__ == "__main__":
    sys.exit(main())
