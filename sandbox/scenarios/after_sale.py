"""What follows a sale: refunds, returns, changes and the rest, each as an order in both systems, and one table of all.

All orders go forward side by side: each script does its next thing, then both systems are watched until they show what
they should. Orders under the default rules share one stack, those under a shop's own rules another.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from zoneinfo import ZoneInfo

import httpx
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from sandbox.addresses import LocalStack
from sandbox.retail import RetailOrder, RetailShop
from sandbox.scenarios.after_sale_scripts import SCENARIOS, Hands, Scenario, Wanted
from sandbox.scenarios.agreement import Account, Document, accounts
from sandbox.scenarios.command import ask
from sandbox.service_desk import ServiceDesk
from sandbox.stack import local_stack
from sandbox.stack_options import StackOptions
from sandbox.witness import Books, Shop

CANCELLING_IS_ALLOWED = {"cancel_open_orders": "allowed"}
_MAY_READ_SHIPMENTS = {"OrdercloudShipmentRole": "yes"}
_LOOK_SECONDS, _PATIENCE_SECONDS = 0.5, 120
_A_ROUND = timedelta(minutes=5)
_UK = ZoneInfo("Europe/London")


class Floor(Protocol):
    """Where scenarios are played: both systems, and the bridge between them."""

    @property
    def books(self) -> Books: ...

    @property
    def shop(self) -> Shop: ...

    @property
    def desk(self) -> ServiceDesk: ...

    def place(self, order: RetailOrder) -> None: ...

    def retry(self, order_id: str) -> None: ...

    def settle(self, is_right: Callable[[], bool]) -> None:
        """Let the bridge work until all is right, or for a long time."""

    def now(self) -> datetime: ...


@dataclass
class Played:
    """A scenario as far as it has come: what both systems should show, what they do, and what differs.

    `days` are those on which a document may be dated, by the end of its reference: when the shop did what it is for.
    """

    scenario: Scenario
    script: Iterator[Wanted]
    wanted: Wanted | None = None
    account: Account | None = None
    faults: list[str] = field(default_factory=list)
    days: dict[str, set[date]] = field(default_factory=dict)

    @property
    def order_id(self) -> str:
        return self.scenario.order.order_id

    def goes_on(self, now: datetime) -> bool:
        """Do what comes next in the script; false if nothing does, or something differs."""
        wanted = None if self.faults else next(self.script, None)
        if wanted is None:
            return False
        self.wanted = wanted
        for end in wanted.documents:
            self.days.setdefault(end, {_uk_day(now), _uk_day(now + _A_ROUND)})
        return True

    def look(self, account: Account) -> bool:
        """Note what both systems show and what differs; whether nothing does."""
        self.account = account
        strays = (one for one in account.documents if one.day not in self.days.get(one.end, ()))
        self.faults = [
            *(account.faults(self.wanted) if self.wanted else ()),
            *(f"{one.reference} is of {one.day}, which is not the day of what it is for" for one in strays),
        ]
        return not self.faults


def play(names: Sequence[str], console: Console) -> int:
    """Play the scenarios of these names, on a local stack for each set of rules. The exit status."""
    found = sorted((SCENARIOS[name] for name in dict.fromkeys(names)), key=lambda one: one.rules)
    played: list[Played] = []
    for rules, alike in groupby(found, key=lambda one: one.rules):
        with _on_local_stack(rules, console) as floor:
            played += play_on(floor, list(alike))
    _show(played, console)
    return 1 if any(one.faults for one in played) else 0


def play_on(floor: Floor, scenarios: Sequence[Scenario]) -> list[Played]:
    """Play scenarios side by side. One that does not come out right goes no further."""
    hands = Hands(floor.desk, floor)
    played = [Played(one, one.script(hands, one.order)) for one in scenarios]
    for one in scenarios:
        floor.place(one.order)
    while under_way := [one for one in played if one.goes_on(floor.now())]:

        def is_right(looked_at: Sequence[Played] = under_way) -> bool:
            found = accounts([one.order_id for one in looked_at], floor.books, floor.shop)
            differing = [one for one in looked_at if not one.look(found[one.order_id])]
            return not differing

        floor.settle(is_right)
        is_right()
    return played


@dataclass(frozen=True)
class _LocalFloor:
    """A local stack, in true time."""

    stack: LocalStack
    retail: RetailShop
    books: Books
    shop: Shop

    @property
    def desk(self) -> ServiceDesk:
        return self.retail.desk()

    def place(self, order: RetailOrder) -> None:
        self.retail.place(order)

    def retry(self, order_id: str) -> None:
        ask(self.stack, "retry", "--afresh", order_id)

    def settle(self, is_right: Callable[[], bool]) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while not is_right() and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)

    def now(self) -> datetime:
        return datetime.now(UTC)


@contextmanager
def _on_local_stack(rules: str, console: Console) -> Iterator[_LocalFloor]:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "rules.yaml"
        file.write_text(rules, "utf-8")
        options = StackOptions(rules=file, parameters=_MAY_READ_SHIPMENTS) if rules else StackOptions()
        with (
            local_stack(options, say=lambda words: console.print(f"[dim]{words}[/dim]")) as stack,
            RetailShop(stack.ordercloud_url) as retail,
            Books(stack.kashflow_url) as books,
            Shop(stack.ordercloud_url) as shop,
        ):
            switches = f"{stack.ordercloud_url}/_sandbox/switches"
            httpx.put(switches, json=CANCELLING_IS_ALLOWED).raise_for_status()
            retail.subscribe(stack.ordercloud_webhook_url, stack.hash_key)
            yield _LocalFloor(stack, retail, books, shop)


def _uk_day(moment: datetime) -> date:
    return moment.astimezone(_UK).date()


def _show(played: Sequence[Played], console: Console) -> None:
    console.print(table_of(played))
    for one in played:
        for words in one.faults:
            console.print(f"[red]{one.scenario.name}: {words}[/red]")
    right = sum(not one.faults for one in played)
    console.print(f"In {right} of {len(played)} scenarios the two systems agree.")


def table_of(played: Sequence[Played]) -> Table:
    """One row for each scenario."""
    table = Table(
        "scenario", "order", "KashFlow's documents", "charged", "paid", "due",
        "total", "received", "went back", "Sitecore says", "",
        box=SIMPLE_HEAD, padding=0, show_edge=False,
    )  # fmt: skip
    table.columns[0].no_wrap = table.columns[1].no_wrap = table.columns[2].no_wrap = True
    for column in table.columns[3:9]:
        column.justify = "right"
    for one in played:
        table.add_row(one.scenario.name, one.order_id, *_cells(one.account), "✗" if one.faults else "✓")
    return table


def _cells(account: Account | None) -> tuple[str, ...]:
    if account is None:
        return ("",) * 8
    order, money = account.order, account.money
    amounts = (account.charged, account.paid, account.due, order.total, money.received, money.went_back)
    says = " ".join(word for word in (order.status, order.sync_state) if word)
    return "\n".join(map(_line, account.documents)), *(f"{one:,.2f}" for one in amounts), says


def _line(one: Document) -> str:
    return f"{one.reference:8}{one.gross:>9,.2f} {one.day:%d %b} {one.status}"
