"""A gateway pays out what customers have paid: from the orders, through its file, to clearing accounts at 0.00.

`payout`: three orders, one of them refunded in part. `payout-euro`: an export in euros, which the gateway converts at a
rate of its own. `payout-late-refund`: a refund of which no webhook tells, so that the file is the first to do so.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from rich.console import Console
from rich.table import Table

from sandbox.addresses import LocalStack, StackError
from sandbox.gateway import Gateway
from sandbox.retail import RetailOrder, RetailShop
from sandbox.retail_order import Address, Customer, OrderLine, PaymentKind
from sandbox.scenarios.command import ask
from sandbox.service_desk import ServiceDesk
from sandbox.stack import local_stack
from sandbox.stack_options import StackOptions
from sandbox.witness import Books

_RULES = """\
version: payouts
payments:
  accounts:
    - {gateway: Stripe, currency: GBP, bank_account: "1210", method: Card}
    - {gateway: Stripe, currency: EUR, bank_account: "1211", method: Card}
payouts: {bank_account: "1200"}
kashflow: {bank_transactions: nominal_code}
"""
_CURRENT, _CLEARING = 55166, {55169: "1210 Stripe", 55170: "1211 Stripe, euros"}
_RATES = {"EUR": Decimal("1.1641")}
_LOOK_SECONDS, _PATIENCE_SECONDS = 0.5, 180
_HOME = Address("home", "1 High Street", "Leeds", "LS1 1AA", "GB")
_ABROAD = Address("office", "Unter den Linden 1", "Berlin", "10117", "DE")
_ADA = Customer("retail", "Retail customers", "ada", "Ada", "Field", "ada@shop.example", _HOME)
_EVA = Customer("berlin", "Berlin customers", "eva", "Eva", "Feld", "eva@shop.example", _ABROAD, "EUR")


@dataclass(frozen=True)
class _Floor:
    """A local stack, the shop's service desk, and the card gateway beside them."""

    stack: LocalStack
    retail: RetailShop
    books: Books
    desk: ServiceDesk
    gateway: Gateway

    def until(self, what: str, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while not is_so():
            if time.monotonic() > until:
                raise StackError(f"After {_PATIENCE_SECONDS} seconds: {what}.")
            time.sleep(_LOOK_SECONDS)

    def sell(self, order: RetailOrder) -> None:
        """Place it, take the money, and wait until its invoice is paid in KashFlow."""
        self.retail.place(order)
        self.until(f"no invoice for {order.order_id}", lambda: bool(self._of(order)))
        self.desk.capture(order, order.total)
        self.until(f"{order.order_id} is not paid", lambda: all(one["DueAmount"] == 0 for one in self._of(order)))

    def is_credited(self, order: RetailOrder) -> bool:
        return any(one["GrossAmount"] < 0 for one in self._of(order))

    def balance(self, account: int) -> Decimal:
        balance: Decimal = self.books.get(f"/bankaccounts/{account}")["BankBalance"]
        return balance

    def _of(self, order: RetailOrder) -> list[dict[str, Any]]:
        return [one for one in self.books.rows() if str(one["CustomerReference"]).startswith(order.order_id)]


def payout(floor: _Floor) -> list[RetailOrder]:
    orders = [_order("PAY-1", 2), _order("PAY-2", 5), _order("PAY-3", 1)]
    for order in orders:
        floor.sell(order)
    floor.desk.refund(orders[1], Decimal("12.00"))
    floor.until("PAY-2 is not credited", lambda: floor.is_credited(orders[1]))
    return orders


def payout_euro(floor: _Floor) -> list[RetailOrder]:
    chair = OrderLine("CHAIR", "Chair", 4, Decimal("250.00"), "ZERO")
    orders = [_order("EUR-1", 2), RetailOrder("EUR-2", _EVA, (chair,), payment=PaymentKind.AUTHORISED)]
    for order in orders:
        floor.sell(order)
    return orders


def payout_late_refund(floor: _Floor) -> list[RetailOrder]:
    order = _order("LATE-1", 3)
    floor.sell(order)
    floor.retail.subscribe("http://127.0.0.1:9/nobody", floor.stack.hash_key)
    floor.desk.refund(order, Decimal("12.00"))
    floor.retail.subscribe(floor.stack.ordercloud_webhook_url, floor.stack.hash_key)
    return [order]


SCRIPTS: dict[str, Callable[[_Floor], list[RetailOrder]]] = {
    "payout": payout,
    "payout-euro": payout_euro,
    "payout-late-refund": payout_late_refund,
}


@dataclass(frozen=True)
class _Played:
    """What came of a scenario: its payout, what reached the bank, and what is left on the clearing accounts."""

    name: str
    amount: Decimal
    arrived: Decimal
    left: dict[str, Decimal]
    state: str

    def faults(self) -> Iterator[str]:
        if self.arrived != self.amount:
            yield f"{self.name}: the payout is {self.amount}, and {self.arrived:.2f} reached the bank"
        yield from (f"{self.name}: {left:.2f} is left on {account}" for account, left in self.left.items() if left)
        if self.state != "booked":
            yield f"{self.name}: the bridge says {self.state}"


def play(names: Sequence[str], console: Console) -> int:
    """Play the scenarios of these names, one after another on one stack. The exit status."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "rules.yaml"
        file.write_text(_RULES, "utf-8")
        say = lambda words: console.print(f"[dim]{words}[/dim]")  # noqa: E731
        with (
            local_stack(StackOptions(rules=file), say=say) as stack,
            RetailShop(stack.ordercloud_url) as retail,
            Books(stack.kashflow_url) as books,
        ):
            retail.subscribe(stack.ordercloud_webhook_url, stack.hash_key)
            desk = retail.desk()
            floor = _Floor(stack, retail, books, desk, Gateway(desk.call, _RATES))
            played = [_played(name, floor, console) for name in dict.fromkeys(names)]
    return _show(played, console)


def _played(name: str, floor: _Floor, console: Console) -> _Played:
    before, orders = floor.balance(_CURRENT), SCRIPTS[name](floor)
    payout_id, arrives = f"po_{name.replace('-', '_')}", (datetime.now(UTC) + timedelta(days=2)).date()
    amount = _put_file(floor, payout_id, arrives, orders)
    key = f"payout:stripe:{payout_id}"
    console.print(f"[dim]{name}: {payout_id} of {amount} is in the bucket.[/dim]")
    try:
        floor.until(f"{key} is {_state(floor.stack, key)}", lambda: _state(floor.stack, key) in ("booked", "parked"))
    except StackError:
        console.print(json.dumps(ask(floor.stack, "payouts", "list"), indent=1))
    left = {words: floor.balance(account) for account, words in _CLEARING.items()}
    return _Played(name, amount, floor.balance(_CURRENT) - before, left, _state(floor.stack, key))


def _put_file(floor: _Floor, payout_id: str, arrives: date, orders: Sequence[RetailOrder]) -> Decimal:
    movements = floor.gateway.movements(order.order_id for order in orders)
    text, amount = floor.gateway.pay_out(payout_id, arrives, movements)
    bucket = floor.stack.outputs["PayoutBucketName"]
    s3: Any = boto3.client("s3", **floor.stack.client_arguments)
    s3.put_object(Bucket=bucket, Key=f"stripe/{payout_id} 1+.csv", Body=text.encode())
    return amount


def _state(stack: LocalStack, key: str) -> str:
    listed = ask(stack, "payouts", "list")["payouts"]
    return next((str(one["state"]) for one in listed if one["payout"] == key), "not there")


def _order(order_id: str, mugs: int) -> RetailOrder:
    lines = (OrderLine("MUG", "Mug", mugs, Decimal("10.01")),)
    return RetailOrder(order_id, _ADA, lines, shipping=Decimal("4.95"), payment=PaymentKind.AUTHORISED)


def _show(played: Sequence[_Played], console: Console) -> int:
    table = Table("scenario", "payout", "reached the bank", *_CLEARING.values(), "the bridge says", box=None)
    for one in played:
        amounts = (one.amount, one.arrived, *one.left.values())
        table.add_row(one.name, *(f"{amount:,.2f}" for amount in amounts), one.state)
    console.print(table)
    faults = [words for one in played for words in one.faults()]
    for words in faults:
        console.print(f"[red]wrong: {words}[/red]")
    if not faults:
        console.print("Each payout reached the bank to the penny, and the clearing accounts are at 0.00.")
    return 1 if faults else 0
