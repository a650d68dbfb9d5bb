"""No webhook, or not all of them: the sweep finds every order, and adds nothing that is there already."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from sandbox.retail_order import PaymentKind, RetailOrder
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.runtime.wiring import Wiring
from sitecore_kashflow.usecases import sweep_orders as sweep_module
from sitecore_kashflow.usecases.sweep_orders import Sweep, begin_backfill
from tests.simulation.calls import LOOK, TOLD_ONCE
from tests.simulation.drive import Day, Webhooks, an_order, play, verdict
from tests.simulation.faults import Away, Chosen, Mixed
from tests.simulation.scheduler import START
from tests.simulation.workflows import Workflows
from tests.simulation.world import World

PAGE = "ordercloud GET /v1/orders/{direction}"
RETURNS_PAGE = "ordercloud GET /v1/orderreturns"
NO_WEBHOOKS = Webhooks(dropped=1)


def sweep(world: World) -> None:
    world.sweep()
    world.run()


@pytest.mark.parametrize("dropped", [0.2, 1.0])
def test_sweep_when_webhooks_are_lost_finds_every_order_by_one_look(dropped: float) -> None:
    day = Day(40, webhooks=Webhooks(dropped=dropped))
    assert play(1, day).violations != []
    report = play(1, day, after=sweep)
    assert (report.violations, report.invoices) == ([], 40)


@pytest.mark.parametrize("dropped", [0.2, 1.0])
def test_sweep_when_the_hook_was_off_for_a_day_finds_every_order_by_one_look(dropped: float) -> None:
    """A day's orders, told of when they are submitted, if at all; the sweep runs once, when the day is over."""
    missing: list[int] = []

    def at_midnight(world: World) -> None:
        assert world.clock() - world.began > timedelta(hours=23)
        missing.append(120 - len(world.kashflow.kashflow.books.invoices))
        sweep(world)

    day = Day(120, each_second=120 / 86_400, webhooks=Webhooks(TOLD_ONCE, dropped))
    report = play(1, day, after=at_midnight)
    assert (report.violations, report.invoices, report.ordered) == ([], 120, report.invoiced)
    assert missing[0] >= 0.7 * dropped * 120


def test_sweep_when_its_own_calls_go_wrong_finds_every_order() -> None:
    report = play(2, Day(40, webhooks=Webhooks(dropped=0.5)), Mixed(2, 0.1), after=sweep)
    assert (report.violations, report.invoices) == ([], 40)


def test_sweep_when_there_are_several_pages_calls_once_a_page_and_looks_at_an_unchanged_order_once() -> None:
    calls: list[int] = []

    def three_times(world: World) -> None:
        for _ in range(3):
            sweep(world)
            calls.append(world.calls[PAGE])

    report = play(1, Day(130, webhooks=NO_WEBHOOKS), after=three_times)
    assert (report.violations, report.invoices) == ([], 130)
    assert calls[0] == 3  # two pages with orders and the empty one


def go_on_for_a_day(world: World) -> None:
    """A sweep every quarter of an hour, and an hour more: younger orders are left to their runs."""
    for _ in range(100):
        world.scheduler.sleep(900)
        sweep(world)


def placed(world: World, payment: PaymentKind) -> RetailOrder:
    order = an_order(0, 1, payment)
    world.place(order)
    return order


@pytest.mark.parametrize("touches", ["yes", "no"])
def test_payment_of_which_no_webhook_told_stands_in_the_books_a_day_later(touches: str) -> None:
    world = World(1, hooks=TOLD_ONCE)
    world.ordercloud.switches.put({"payment_touches_order": touches})
    order = placed(world, PaymentKind.AUTHORISED)
    world.run()
    for _ in range(4):
        go_on_for_a_day(world)
    world.capture(order)
    assert verdict(world, {order.order_id: order.total}).violations != []
    go_on_for_a_day(world)
    assert verdict(world, {order.order_id: order.total}).violations == []
    world.close()


def test_return_that_was_completed_while_nobody_was_told_leads_to_one_look_at_its_order() -> None:
    world = World(1, hooks=TOLD_ONCE)
    order = placed(world, PaymentKind.CAPTURED)
    world.run()
    world.scheduler.sleep(7 * 86_400)
    sweep(world)
    before = world.calls.copy()
    given = {"ID": "RET-1", "OrderID": order.order_id, "RefundAmount": Decimal("1.00")}
    world.shop._call("POST", "/v1/orderreturns", given)
    for step in ("submit", "complete"):
        world.shop._call("POST", f"/v1/orderreturns/RET-1/{step}")
    world.scheduler.sleep(600)
    for _ in range(3):
        sweep(world)
    made = world.calls - before
    assert made[RETURNS_PAGE] == 3 + 3  # a page with the return, and the empty one
    assert (made[LOOK[0]], made[LOOK[1]], made["ordercloud GET /v1/orderreturns/{returnID}"]) == (1, 1, 0)
    world.close()


def test_order_whose_run_was_stopped_while_nobody_was_told_goes_on_a_day_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Workflows, "_park_stopped", lambda *_: None)
    world = World(1, hooks=TOLD_ONCE)
    world.faults = Away("kashflow")
    order = placed(world, PaymentKind.CAPTURED)

    def stop() -> None:
        for run in world.workflows.executions.values():
            run.stop()
        world.faults = Chosen()

    world.plan(60, stop)
    world.run()
    assert (world.state(order.order_id)["state"], world.state(order.order_id)["is_open"]) == ("opened", True)
    go_on_for_a_day(world)
    assert verdict(world, {order.order_id: order.total}).violations == []
    world.close()


@pytest.mark.parametrize("seconds", [60, 7200])
@pytest.mark.parametrize("decision", ["resume", "abandon"])
def test_parked_order_whose_run_was_stopped_while_nobody_was_told_hears_what_a_person_says(
    monkeypatch: pytest.MonkeyPatch, decision: str, seconds: float
) -> None:
    monkeypatch.setattr(Workflows, "_park_stopped", lambda *_: None)
    world = World(1, hooks=TOLD_ONCE)
    world.kashflow.switches.put({"invoice_limit": "reached"})
    order = placed(world, PaymentKind.CAPTURED)
    world.run()
    for run in world.workflows.executions.values():
        run.stop()
    world.kashflow.switches.put({"invoice_limit": "none"})
    world.scheduler.sleep(seconds)
    decisions, subject = world.container().decisions, Subject("order", "ordercloud", order.order_id)
    if decision == "resume":
        decisions.resume(subject, world.clock())
    else:
        decisions.abandon(subject, "booked by hand", world.clock())
    world.run()
    if decision == "resume":
        assert verdict(world, {order.order_id: order.total}).violations == []
    else:
        told = world.shop._call("GET", f"/v1/orders/Incoming/{order.order_id}")["xp"]["KashFlow"]
        assert (told["SyncState"], world.state(order.order_id)["is_open"]) == ("Abandoned", False)
    world.close()


def test_order_whose_ledger_was_lost_gets_a_run_of_another_name_and_no_second_invoice() -> None:
    world = World(1, hooks=TOLD_ONCE)
    order = placed(world, PaymentKind.CAPTURED)
    world.run()
    ledger = world.tables["LedgerTable"].items
    for key in [key for key in ledger if key[0].startswith("ORDER#")]:
        del ledger[key]
    world.scheduler.sleep(3 * 86_400)
    world.replay()
    world.run()
    assert len(world.kashflow.kashflow.books.invoices) == 1
    assert world.state(order.order_id)["is_open"] is False
    world.close()


def test_checker_when_the_cursor_is_moved_early_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    carry_on = Sweep._continue

    def early(self, cursor, *given):
        return carry_on(self, self.cursors.save(replace(cursor, since=cursor.began_at)), *given)

    monkeypatch.setattr(Sweep, "_continue", early)
    monkeypatch.setattr(sweep_module, "_OVERLAP", timedelta(0))

    def unlucky(world: World) -> None:
        world.faults = Away("ordercloud")
        world.sweep(tries=1)
        world.run()
        world.faults = Chosen()
        sweep(world)

    assert play(1, Day(10, webhooks=NO_WEBHOOKS), after=unlucky).violations != []


def test_backfill_when_begun_brings_in_a_stretch_of_the_past_page_by_page() -> None:
    def backfill(world: World) -> None:
        wiring: Wiring = world.container()
        began = START - timedelta(days=1)
        begin_backfill(
            "ordercloud", began, world.clock() + timedelta(days=1), cursors=wiring.cursors, now=world.clock()
        )
        world.scheduler.sleep(3 * 86_400)
        for _ in range(4):
            sweep(world)

    report = play(1, Day(130, webhooks=NO_WEBHOOKS), after=backfill)
    assert (report.violations, report.invoices) == ([], 130)
