"""Conditional rules: the six orders of the example in docs/mapping.md, and what each rule makes of them."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox.addresses import ROOT, LocalStack, StackError
from sandbox.demo import ledger_notes
from sandbox.retail import PaymentKind, RetailOrder, RetailShop
from sandbox.retail_order import Address, Customer, OrderLine
from sandbox.scenarios.command import ask
from sandbox.stack import local_stack
from sandbox.stack_options import StackOptions
from sandbox.witness import Books

_LOOK_SECONDS, _PATIENCE_SECONDS = 0.5, 120
_LEEDS = Address("home", "1 High Street", "Leeds", "LS1 1AA", "GB")
_BELFAST = Address("belfast", "1 Castle Street", "Belfast", "BT1 1AA", "GB")
_ADA = Customer("retail", "Retail customers", "ada", "Ada", "Field", "ada@shop.example", _LEEDS)
_SAM = replace(_ADA, user_id="sam", first_name="Sam", email="sam@shop.example", address=_BELFAST)
_MUG = OrderLine("MUG", "Mug", 1, Decimal("10.00"))
_BOOK = OrderLine("BOOK-1", "Book", 1, Decimal("8.00"), "ZERO")

Lines = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class _Example:
    """An order, the state that it comes to by itself, and what its invoice must show besides."""

    order: RetailOrder
    state: str
    rules: tuple[str, ...] = ()
    shows: Callable[[Lines], bool] = field(default=lambda _: True)


def _order(number: int, *lines: OrderLine, **changes: Any) -> RetailOrder:
    plain = RetailOrder(f"EX-{number}", _ADA, lines, shipping=Decimal("4.95"), payment=PaymentKind.NONE)
    return replace(plain, **changes)


def _account(lines: Lines, words: str) -> int:
    return next((int(one["NominalCode"]) for one in lines if words in one["Description"]), 0)


_EXAMPLES = (
    _Example(_order(1, replace(_MUG, quantity=2)), "invoiced", (), lambda lines: _account(lines, "Mug") == 4000),
    _Example(_order(2, replace(_MUG, quantity=2), xp={"Channel": "Staff-shop"}), "waiting"),
    _Example(_order(3, replace(_MUG, quantity=100)), "parked", ("large orders",)),
    _Example(
        _order(4, replace(_MUG, quantity=2), payment=PaymentKind.PURCHASE_ORDER, xp={"PONumber": "PO-77"}),
        "invoiced",
        ("on account",),
        lambda lines: bool(_account(lines, "Your reference: PO-77") and _account(lines, "bank transfer")),
    ),
    _Example(_order(5, _BOOK, _MUG), "invoiced", ("books",), lambda lines: _account(lines, "Book") == 4020),
    _Example(
        _order(6, _BOOK, _MUG, customer=_SAM),
        "invoiced",
        ("books", "sent to Northern Ireland"),
        lambda lines: (_account(lines, "Book"), _account(lines, "Mug")) == (4020, 9998),
    ),
)


def play(orders: Sequence[RetailOrder], console: Console) -> int:
    """Place the six, approve the one that is held, and see that each is as the table of the example says."""
    del orders
    with TemporaryDirectory() as folder:
        options = StackOptions(rules=_rules(Path(folder)))
        with local_stack(options, say=lambda words: console.print(f"[dim]{words}[/dim]")) as stack:
            faults = [*_play(stack, console)]
    for words in faults:
        console.print(f"[red]wrong: {words}[/red]")
    if not faults:
        console.print(f"All {len(_EXAMPLES)} orders are as the example in docs/mapping.md says.")
    return 1 if faults else 0


def _rules(folder: Path) -> Path:
    """The rules of the example, as a file."""
    found = re.search(
        r"### An example\n+```yaml\n(.*?)```", (ROOT / "docs" / "mapping.md").read_text("utf-8"), re.DOTALL
    )
    if found is None:
        raise StackError("docs/mapping.md has no example of conditional rules.")
    path = folder / "rules.yaml"
    path.write_text(found[1], "utf-8")
    return path


def _play(stack: LocalStack, console: Console) -> Iterator[str]:
    with RetailShop(stack.ordercloud_url) as backoffice:
        backoffice.subscribe(stack.ordercloud_webhook_url, stack.hash_key)
        for example in _EXAMPLES:
            backoffice.place(example.order)
    wanted = {one.order.order_id: one.state for one in _EXAMPLES}
    yield from _wait(stack, wanted)
    held = [name for name, state in wanted.items() if state == "parked"]
    for name in held:
        console.print(f"{name} is held: {ask(stack, 'show', name)['order']['reason']}")
        ask(stack, "retry", name)
    yield from _wait(stack, dict.fromkeys(held, "invoiced"))
    with Books(stack.kashflow_url) as books:
        invoices = {str(one["CustomerReference"]): one for one in books.invoices()}
    table = Table("order", "state", "total", "by the rules", "or why not")
    for example in _EXAMPLES:
        order, shown = example.order, ask(stack, "show", example.order.order_id)
        made_by = tuple(name for one in shown["documents"] for name in one["rules_held"])
        row = (shown["order"]["state"], f"{order.total:,.2f} GBP", ", ".join(made_by), shown["order"]["reason"])
        table.add_row(order.order_id, *row)
        yield from _faults(example, made_by, invoices.get(order.order_id))
    console.print(table)


def _wait(stack: LocalStack, wanted: dict[str, str]) -> Iterator[str]:
    """A sentence for each order that is not in its state after a long time."""
    until = time.monotonic() + _PATIENCE_SECONDS
    states: dict[str, str] = {}
    while any(states.get(name) != state for name, state in wanted.items()) and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
        states = {name: state for name, (state, _) in ledger_notes(stack).items()}
    yield from (f"{name} is {states.get(name)}, not {one}" for name, one in wanted.items() if states.get(name) != one)


def _faults(example: _Example, made_by: tuple[str, ...], invoice: dict[str, Any] | None) -> Iterator[str]:
    name = example.order.order_id
    if made_by != example.rules:
        yield f"{name} was made by the rules {made_by}, and should be by {example.rules}"
    if (invoice is None) != (example.state == "waiting"):
        yield f"{name} has {'no' if invoice is None else 'an'} invoice"
    if invoice and (
        Decimal(str(invoice["GrossAmount"])) != example.order.total or not example.shows(invoice["LineItems"])
    ):
        yield f"the invoice of {name} comes to {invoice['GrossAmount']}, or its lines are on other accounts"
