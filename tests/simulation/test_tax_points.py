"""A shop that waits for payment or dispatch: each document stands once, on its day, whatever goes wrong."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from random import Random

import pytest

from sandbox.kashflow.invoice_views import invoice_view
from sandbox.retail_order import PaymentKind, RetailOrder
from tests.simulation.drive import an_order
from tests.simulation.dynamo import Item
from tests.simulation.environment import PUBLISHED_RULES
from tests.simulation.faults import Chosen, InTurn, Plan
from tests.simulation.more_walks import pay
from tests.simulation.scheduler import START
from tests.simulation.walks import TOLD_OF_PAYMENTS, Day, played

RULES = "{orders: {tax_point: first_of}, nominal_codes: {deposit: 4900}}"
HOOKS = (*TOLD_OF_PAYMENTS, ("POST", "v1/orders/{direction}/{orderID}/ship"))
NAME, WEEK = "Ada Field 0", 7 * 86_400
Parts = tuple[tuple[int, Decimal], ...]
"""Days after the beginning, and what was paid then."""


@pytest.fixture(autouse=True)
def rules_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PUBLISHED_RULES.items():
        monkeypatch.setenv(name, value)


def ship(day: Day, order: RetailOrder) -> None:
    day.world.shop._call("POST", f"/v1/orders/Incoming/{order.order_id}/ship", {})
    day.world.announce()


def after(days: int) -> date:
    return date.fromordinal(START.date().toordinal() + days)


def waits(day: Day, paid: Parts, shipped: int) -> RetailOrder:
    """An order of a known customer that is paid in parts and dispatched."""
    day.world.rules_text = RULES
    day.world.history.waits_again = True
    day.place(an_order(0, 1))
    day.begin()
    order = an_order(1, 1, PaymentKind.NONE)
    day.place(order)
    for number, (days, amount) in enumerate(paid, start=1):
        day.world.plan(days * 86_400, partial(pay, day, order, f"P{number}", amount))
    day.world.plan(shipped * 86_400, partial(ship, day, order))
    return order


def judged(day: Day, order: RetailOrder, wanted: dict[str, tuple[date, Decimal]]) -> None:
    """The order's own invoice and its deposits have these days and sums, and each payment stands once."""
    day.world.further = lambda _: {
        reference: (NAME, gross) for reference, (_, gross) in wanted.items() if reference != order.order_id
    }

    def wrong() -> list[str]:
        books = day.world.kashflow.kashflow.books
        views: list[Item] = [invoice_view(books, one) for one in books.invoices]
        own = [one for one in views if str(one["CustomerReference"]).startswith(order.order_id)]
        found = {str(one["CustomerReference"]): (one["IssuedDate"], one["GrossAmount"]) for one in own}
        notes = sorted(line["Note"] for one in own for line in one["PaymentLines"] or [])
        state = day.world.state(order.order_id).get("state")
        told = [] if found == wanted and len(own) == len(wanted) else [f"documents {found}, should be {wanted}"]
        told += [] if len(notes) == len(set(notes)) else [f"payments {notes}"]
        owed = sum((one["DueAmount"] for one in own), Decimal(0))
        return told + ([] if (state, owed) == ("paid", 0) else [f"{state}, {owed} due"])

    day.world.judges[order.order_id] = wrong


def captured_then_dispatched(day: Day) -> None:
    whole = an_order(1, 1).total
    order = waits(day, ((1, whole),), shipped=2)
    judged(day, order, {order.order_id: (after(1), whole)})


def two_deposits_then_dispatched(day: Day) -> None:
    """The last part is paid after the goods have left."""
    whole = an_order(1, 1).total
    first, second = Decimal("10.00"), Decimal("5.55")
    order = waits(day, ((1, first), (2, second), (4, whole - first - second)), shipped=3)
    name = order.order_id
    deposits = {f"{name}-D1": (after(1), first), f"{name}-D2": (after(2), second)}
    judged(day, order, deposits | {name: (after(3), whole - first - second)})


SCRIPTS: dict[str, Callable[[Day], None]] = {
    "captured, then dispatched": captured_then_dispatched,
    "two deposits, then dispatched": two_deposits_then_dispatched,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_undisturbed_walk_comes_out_right(name: str) -> None:
    report = played(SCRIPTS[name], HOOKS, Chosen())
    assert (report.violations, report.dead_letters) == ([], 0)


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_document_stands_once_when_some_single_call_goes_wrong(name: str) -> None:
    """A sample of the calls; of those that write an invoice, every one with every fault."""
    calls = Chosen()
    played(SCRIPTS[name], HOOKS, calls)
    kinds, random = InTurn(), Random(name)
    plans: list[Plan] = [{at: kind} for at, site in enumerate(calls.sites) for kind in kinds(site)]
    writes = ("kashflow POST /v2/invoices", "kashflow PUT /v2/invoices")
    posts = [plan for plan in plans if calls.sites[int(next(iter(plan)))].startswith(writes)]
    wrong = {}
    for plan in [*posts, *random.sample(plans, 10)]:
        if found := played(SCRIPTS[name], HOOKS, Chosen(plan)).violations:
            wrong[repr(plan)] = found
    assert wrong == {}
