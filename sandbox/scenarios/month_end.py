"""The end of a month: sales, a parked order, the gateway's money moved on; then the page with its twelve controls."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console
from rich.table import Table

from sandbox.addresses import ROOT, LocalStack
from sandbox.demo import ledger_notes
from sandbox.retail import PaymentKind, RetailOrder, RetailShop
from sandbox.scenarios.command import ask
from sandbox.shared.exact_json import write_json
from sandbox.stack import local_stack
from sandbox.stack_options import StackOptions
from sandbox.witness import Books

_LOOK_SECONDS, _PATIENCE_SECONDS = 0.5, 120
_SETTLED = ("invoiced", "paid", "parked")
_CARDS, _CURRENT_NOMINAL = 55167, 1200
_RULES = "payments:\n  accounts: [{type: CreditCard, bank_account: '1202'}]\n"
_PAGE = ROOT / ".local" / "month-end.html"
_WHO = "B. Keeper"

AT_FIRST = {1: "green", 2: "red", 3: "grey", 4: "grey", 5: "green", 6: "green", 7: "grey", 8: "green"} | {
    9: "grey", 10: "grey", 11: "green", 12: "grey",
}  # fmt: skip
"""One order is parked; the gateway's figures, stock, KashFlow's VAT report and lock are not known."""
WITH_FIGURES = AT_FIRST | {3: "green", 4: "green", 10: "green"}
WITHOUT_AN_INVOICE = WITH_FIGURES | {1: "red", 3: "red", 4: "red"}
"""An invoice that was paid by card is deleted, and its receipt with it: the gateway has the money, KashFlow has not."""


@dataclass(frozen=True)
class _Page:
    """What the page was asked for, and the colours that its controls have and should have."""

    words: str
    shown: Mapping[str, Any]
    wanted: Mapping[int, str]

    @property
    def colours(self) -> dict[int, str]:
        return {one["number"]: one["colour"] for one in self.shown["controls"]}

    @property
    def faults(self) -> list[str]:
        pairs = self.wanted.items()
        return [f"control {at} is {self.colours[at]}, not {ought}" for at, ought in pairs if self.colours[at] != ought]


def play(orders: Sequence[RetailOrder], console: Console) -> int:
    """Play the month, and show its page three times. The exit status."""
    sold = [one for one in orders if one.customer.currency == "GBP" and one.total][:9]
    with ExitStack() as open_things:
        rules = Path(open_things.enter_context(TemporaryDirectory())) / "rules.yaml"
        rules.write_text(_RULES, "utf-8")
        options = StackOptions(rules=rules)
        stack = open_things.enter_context(local_stack(options, say=lambda words: console.print(f"[dim]{words}[/dim]")))
        retail = open_things.enter_context(RetailShop(stack.ordercloud_url))
        books = open_things.enter_context(Books(stack.kashflow_url))
        _sell(sold, stack, retail)
        moved = _move_on(sold, books)
        pages = _pages(sold, moved, stack, books)
    _show(pages, console)
    faults = [f"{page.words}: {words}" for page in pages for words in page.faults] + _misnamed(pages[-1], sold)
    for words in faults:
        console.print(f"[red]wrong: {words}[/red]")
    if not faults:
        console.print(f"All controls have the colours that they should have. The page: {_PAGE.relative_to(ROOT)}")
    return 1 if faults else 0


def _sell(sold: Sequence[RetailOrder], stack: LocalStack, retail: RetailShop) -> None:
    """All orders; before the last one KashFlow's package is full, so that it is parked."""
    retail.subscribe(stack.ordercloud_webhook_url, stack.hash_key)
    for order in sold[:-1]:
        retail.place(order)
    _wait(sold[:-1], stack)
    switches = f"{stack.kashflow_url.removesuffix('/v2')}/_sandbox/switches"
    httpx.put(switches, json={"invoice_limit": "reached"}).raise_for_status()
    retail.place(sold[-1])
    _wait(sold, stack)
    httpx.put(switches, json={"invoice_limit": "none"}).raise_for_status()


def _wait(sold: Sequence[RetailOrder], stack: LocalStack) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        states = {name: state for name, (state, _) in ledger_notes(stack).items()}
        if all(states.get(order.order_id) in _SETTLED for order in sold):
            return
        time.sleep(_LOOK_SECONDS)


def _move_on(sold: Sequence[RetailOrder], books: Books) -> Decimal:
    """A person enters what the gateway has sent to the current account: half of what it holds, in whole pounds."""
    moved = Decimal(int(_captured(sold) / 2))
    body = {"Date": f"{_today()} 12:00:00", "MoneyType": _CURRENT_NOMINAL, "Comment": "Payout", "PaidOut": moved}
    _do(books, "POST", f"/bankaccounts/{_CARDS}/transactions", body)
    return moved


def _pages(sold: Sequence[RetailOrder], moved: Decimal, stack: LocalStack, books: Books) -> list[_Page]:
    """As it is; with what the gateway and KashFlow's report say; and after an invoice has gone."""
    month, standing = f"{datetime.now(UTC):%Y-%m}", sold[:-1]
    figures = {
        "gateway:1202": _captured(sold) - moved,
        "gateway-receipts": _captured(sold),
        "vat:box1": sum(one.tax for one in standing),
        "vat:box6": sum(one.total - one.tax for one in standing),
    }
    said = [word for key, amount in figures.items() for word in ("--figure", f"{key}={amount}")]
    _PAGE.parent.mkdir(exist_ok=True)
    pages = [_Page("as it is", ask(stack, "month-end", month), AT_FIRST)]
    shown = ask(stack, "month-end", month, *said, "--by", _WHO, "--html", str(_PAGE))
    pages.append(_Page("with figures that a person has entered", shown, WITH_FIGURES))
    gone = next(row for row in books.rows() if row["CustomerReference"] == _paid(sold)[0].order_id)
    _do(books, "DELETE", f"/invoices/{gone['Number']}")
    shown = ask(stack, "month-end", month)
    return [*pages, _Page("after somebody has deleted an invoice", shown, WITHOUT_AN_INVOICE)]


def _misnamed(page: _Page, sold: Sequence[RetailOrder]) -> list[str]:
    """What is wrong with the differences that nothing explains: the deleted invoice should be the only one."""
    found = [(one["kind"], one["order"]) for one in page.shown["differences"] if not one["why"]]
    wanted = [("document_deleted", _paid(sold)[0].order_id)]
    return [] if found == wanted else [f"differences: {found} instead of {wanted}"]


def _paid(sold: Sequence[RetailOrder]) -> list[RetailOrder]:
    """The orders in the books of which the card was charged."""
    return [one for one in sold[:-1] if one.payment is PaymentKind.CAPTURED]


def _captured(sold: Sequence[RetailOrder]) -> Decimal:
    return sum((one.total for one in _paid(sold)), Decimal(0))


def _today() -> str:
    return datetime.now(ZoneInfo("Europe/London")).date().isoformat()


def _do(books: Books, method: str, path: str, body: Any = None) -> None:
    """What a person does in KashFlow."""
    books.get("/customers")  # so that there is a session
    content = None if body is None else write_json(body)
    headers = {"Authorization": books.authorization, "Content-Type": "application/json"}
    answer = books._http.request(method, path, content=content, headers=headers)
    answer.raise_for_status()


def _show(pages: Sequence[_Page], console: Console) -> None:
    table = Table("control", *(page.words for page in pages))
    for at, one in enumerate(pages[0].shown["controls"]):
        colours = [page.shown["controls"][at]["colour"] for page in pages]
        table.add_row(f"{one['number']} {one['name']}", *(f"[{_STYLE[colour]}]{colour}[/]" for colour in colours))
    console.print(table)


_STYLE = {"green": "green", "grey": "bright_black", "red": "red"}
