"""An order on account that is sent in parts: each dispatch has its invoice once, on its day, whatever goes wrong."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from random import Random

import pytest

from sandbox.retail_order import PaymentKind, RetailOrder
from sandbox.service_desk import ServiceDesk
from tests.simulation.drive import an_order
from tests.simulation.environment import PUBLISHED_RULES
from tests.simulation.faults import Chosen, InTurn, Plan
from tests.simulation.judges import invoices_of
from tests.simulation.scheduler import START
from tests.simulation.walks import TOLD_OF_CHANGES, Day, played

RULES = "{orders: {tax_point: first_of, split_dispatch: true}, nominal_codes: {deposit: 4900}}"
HOOKS = (*TOLD_OF_CHANGES, ("POST", "v1/shipments/{shipmentID}/items"))
WRITES = ("kashflow POST /v2/invoices", "kashflow PUT /v2/invoices")
A_DAY = 86_400
Wanted = dict[str, tuple[date, Decimal]]
"""By the end of their references, the documents: the day and the gross of each."""


@pytest.fixture(autouse=True)
def rules_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (PUBLISHED_RULES | {"ORDERCLOUD_SHIPMENT_ROLE": "yes"}).items():
        monkeypatch.setenv(name, value)


def after(days: int) -> date:
    return date.fromordinal(START.date().toordinal() + days)


def on_account(day: Day, payment: PaymentKind = PaymentKind.PURCHASE_ORDER) -> RetailOrder:
    """2 mugs at 10.01, a book at 7.50, delivery 4.95, of a known customer."""
    day.world.rules_text = RULES
    day.world.history.waits_again, day.world.history.waits_after = True, "invoiced"
    day.place(an_order(0, 1))
    day.begin()
    order = an_order(1, 1, payment)
    day.place(order)
    return order


def then(day: Day, days: float, act: Callable[[ServiceDesk], object]) -> None:
    def work() -> None:
        act(day.world.shop.desk(day.world.clock))
        day.world.announce()

    day.world.plan(int(days * A_DAY), work)


def judged(day: Day, order: RetailOrder, wanted: Wanted, state: str, due: str) -> None:
    """The order's documents have these days and sums, each once, and so much is still owed in all."""

    def wrong() -> list[str]:
        own = invoices_of(day.world, order.order_id)
        found = {
            str(one["CustomerReference"]).removeprefix(order.order_id): (one["IssuedDate"], one["GrossAmount"])
            for one in own
        }
        told = [] if found == wanted and len(own) == len(wanted) else [f"documents {found}, should be {wanted}"]
        owed = sum((one["DueAmount"] for one in own), Decimal(0))
        stands = day.world.state(order.order_id).get("state")
        return told + ([] if (stands, owed) == (state, Decimal(due)) else [f"{stands}, {owed} due"])

    day.world.judges[order.order_id] = wrong


def sent_in_two_parts(day: Day) -> None:
    """The card pays the first part once it has left; the rest stays on account."""
    order = on_account(day, PaymentKind.NONE)
    first, second = Decimal("17.95"), Decimal("19.51")
    then(day, 0.1, lambda desk: desk.promise(order, "PO", "PurchaseOrder", second))
    then(day, 0.1, lambda desk: desk.promise(order, "P1", "CreditCard", first))
    then(day, 1, lambda desk: desk.ship(order, MUG=1))
    then(day, 2, lambda desk: desk.capture(order, first))
    then(day, 3, lambda desk: desk.ship(order, MUG=1, BOOK=1))
    judged(day, order, {"-S1": (after(1), first), "-S2": (after(3), second)}, "invoiced", "19.51")


def shipment_that_grows(day: Day) -> None:
    """A second item is put into the shipment while the invoice of the first may be under way."""
    order = on_account(day)
    shipment: list[str] = []
    then(day, 1, lambda desk: shipment.append(desk.ship(order, MUG=2)))
    then(day, 1.0002, lambda desk: desk.add_to_shipment(order, shipment[0], "BOOK", 1))
    day.world.judges[order.order_id] = partial(_comes_to, day, order)


def _comes_to(day: Day, order: RetailOrder) -> list[str]:
    """One invoice or two, by what was seen first; each once, and together the order."""
    own = invoices_of(day.world, order.order_id)
    names = sorted(one["CustomerReference"].removeprefix(order.order_id) for one in own)
    gross = sum((one["GrossAmount"] for one in own), Decimal(0))
    is_right = names in ([""], ["-S1", "-S2"]) and gross == order.total
    return [] if is_right else [f"{names} come to {gross}"]


def called_off_after_the_first_part(day: Day) -> None:
    order = on_account(day)
    then(day, 1, lambda desk: desk.ship(order, MUG=1))
    day.world.plan(2 * A_DAY, partial(day.desk.cancel, order))
    wanted = {"-S1": (after(1), Decimal("17.95")), "-R1": (after(2), Decimal("-17.95"))}
    judged(day, order, wanted, "credited", "0")


SCRIPTS: dict[str, Callable[[Day], None]] = {
    "sent in two parts": sent_in_two_parts,
    "shipment that grows": shipment_that_grows,
    "called off after the first part": called_off_after_the_first_part,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_undisturbed_walk_comes_out_right(name: str) -> None:
    report = played(SCRIPTS[name], HOOKS, Chosen())
    assert (report.violations, report.dead_letters) == ([], 0)


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_document_stands_once_when_some_single_call_goes_wrong(name: str) -> None:
    """A sample of the calls; of those that write a document, every one with every fault."""
    calls = Chosen()
    played(SCRIPTS[name], HOOKS, calls)
    kinds, random = InTurn(), Random(name)
    plans: list[Plan] = [{at: kind} for at, site in enumerate(calls.sites) for kind in kinds(site)]
    posts = [plan for plan in plans if calls.sites[int(next(iter(plan)))].startswith(WRITES)]
    wrong = {}
    for plan in [*posts, *random.sample(plans, 10)]:
        if found := played(SCRIPTS[name], HOOKS, Chosen(plan)).violations:
            wrong[repr(plan)] = found
    assert wrong == {}
