"""In shadow mode everything is worked out and nothing is written; going live posts each order exactly once."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.retail_order import PaymentKind, RetailOrder
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.usecases.sweep_orders import begin_backfill
from tests.simulation.conditions import STRICT
from tests.simulation.drive import Day, an_order, play, verdict
from tests.simulation.environment import PUBLISHED_RULES
from tests.simulation.faults import Chosen, Mixed
from tests.simulation.scheduler import Killed
from tests.simulation.world import World

LIVE, SHADOW = "live", "shadow"
HOLD = "{version: held, conditional: {rules: [{name: all, when: {}, set: {hold: look at it}}]}}"
Switch = Any


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> Switch:
    """Deploys a mode: containers started from now on have it, and there are no others."""

    def deploy(world: World | None, mode: str, live_from: datetime | None = None) -> None:
        monkeypatch.setenv("POSTING_MODE", mode)
        monkeypatch.setenv("LIVE_FROM", f"{live_from:%Y-%m-%dT%H:%M:%SZ}" if live_from else "")
        if world:
            world.functions._idle.clear()

    return deploy


@pytest.fixture
def world() -> Iterator[World]:
    made = World(1)
    yield made
    made.close()


@pytest.fixture
def hold(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that holds every order is published."""
    for name, value in PUBLISHED_RULES.items():
        monkeypatch.setenv(name, value)
    world.rules_text = HOLD


def writes(world: World) -> list[str]:
    """What the bridge has asked of the two systems beside reading and logging in."""
    return [site for site in world.calls if site.split()[1] != "GET" and "token" not in site.lower()]


def placed(world: World, *numbers: int) -> list[RetailOrder]:
    orders = [an_order(number, 2) for number in numbers]
    for order in orders:
        world.place(order)
    world.run()
    return orders


def due(*orders: RetailOrder) -> dict[str, Decimal]:
    return {order.order_id: order.total for order in orders}


def backfill(world: World) -> None:
    """A person begins a backfill, and tries again as long as it does not get through; then a sweep goes on with it."""
    container, now = world.container(), world.clock()
    since, until = now - timedelta(days=9), now + timedelta(days=1)
    for _ in range(20):
        with suppress(Killed, BotoCoreError, ClientError):
            begin_backfill("ordercloud", since, until, cursors=container.cursors, now=now)
            break
    world.sweep()
    world.run()


def states(world: World) -> set[str]:
    return {str(item["state"]) for key, item in world.tables["LedgerTable"].items.items() if key[1] == "STATE"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_shadow_whatever_goes_wrong_writes_nothing_to_either_system(switch: Switch, seed: int) -> None:
    switch(None, SHADOW)
    seen: list[World] = []

    def look(world: World) -> None:
        world.sweep()
        world.run()
        backfill(world)
        seen.append(world)

    report = play(seed, Day(40, conditions=STRICT), Mixed(seed, 0.15), after=look)
    (world,) = seen
    assert (report.invoices, report.customers) == (0, 0)
    assert writes(world) == []
    assert states(world) == {"shadowed"}


def test_shadow_when_an_order_cannot_be_posted_keeps_the_reason_and_asks_nobody(switch: Switch, world: World) -> None:
    switch(world, SHADOW)
    (order,) = placed(world, 1)
    world.shop._call("PATCH", f"/v1/orders/Incoming/{order.order_id}", {"TaxCost": 99})
    world.announce()
    world.run()
    state = world.state(order.order_id)
    assert (state["state"], state["reason_code"]) == ("shadowed", "VAT_NOT_EXPLAINED")
    assert [run.status for run in world.workflows.executions.values()].count("RUNNING") == 0
    assert writes(world) == []


def test_live_when_shadow_has_seen_orders_posts_only_the_new_ones_once(switch: Switch, world: World) -> None:
    switch(world, SHADOW)
    early = placed(world, 1, 2)
    switch(world, LIVE)
    late = placed(world, 3)
    for order in early:
        world.shop._call("PATCH", f"/v1/orders/Incoming/{order.order_id}", {"Comments": "Leave it with the porter."})
    world.announce()
    world.run()
    assert [one["CustomerReference"] for one in world.kashflow.kashflow.books.invoices] == [late[0].order_id]
    assert {world.state(order.order_id)["state"] for order in early} == {"shadowed"}


def test_live_when_a_backfill_asks_for_the_orders_of_the_shadow_posts_each_once(switch: Switch, world: World) -> None:
    switch(world, SHADOW)
    early = placed(world, 1, 2)
    backfill(world)
    switch(world, LIVE)
    late = placed(world, 3)
    world.scheduler.sleep(5)
    backfill(world)
    world.replay()
    world.run()
    assert verdict(world, due(*early, *late)).violations == []


def test_live_from_a_moment_leaves_earlier_orders_until_a_backfill_asks(switch: Switch, world: World) -> None:
    """Whether or not a shadow has seen them."""
    switch(world, LIVE, world.clock() + timedelta(hours=1))
    early = placed(world, 1)
    assert world.state(early[0].order_id)["state"] == "shadowed"
    assert not list(world.kashflow.kashflow.books.invoices)
    world.scheduler.sleep(7200)
    late = placed(world, 2)
    assert len(list(world.kashflow.kashflow.books.invoices)) == 1
    backfill(world)
    assert verdict(world, due(*early, *late)).violations == []


def test_shadow_when_a_rule_holds_an_order_says_so_and_asks_nobody(switch: Switch, world: World, hold: None) -> None:
    switch(world, SHADOW)
    (order,) = placed(world, 1)
    state = world.state(order.order_id)
    assert (state["state"], state["reason_code"], state.get("asks")) == ("shadowed", "HELD_BY_RULE", None)
    assert writes(world) == []


def test_shadow_when_a_rule_leaves_an_order_out_says_so(switch: Switch, world: World, hold: None) -> None:
    world.rules_text = HOLD.replace("hold: look at it", "leave_out: true")
    switch(world, SHADOW)
    (order,) = placed(world, 1)
    state = world.state(order.order_id)
    assert (state["state"], state["reason_code"]) == ("shadowed", "LEFT_OUT")


def test_shadow_when_a_paid_order_is_cancelled_asks_nobody_for_the_refund(switch: Switch, world: World) -> None:
    switch(world, SHADOW)
    (order,) = placed(world, 1)
    world.ordercloud.switches.put({"cancel_open_orders": "allowed"})
    world.shop._call("POST", f"/v1/orders/Incoming/{order.order_id}/cancel")
    world.sweep()
    world.run()
    state = world.state(order.order_id)
    assert (world.shop._call("GET", f"/v1/orders/Incoming/{order.order_id}")["Status"], state["state"]) == (
        "Canceled",
        "shadowed",
    )
    assert writes(world) == []


def test_live_from_a_moment_holds_no_order_from_before_it(switch: Switch, world: World, hold: None) -> None:
    switch(world, LIVE, world.clock() + timedelta(hours=1))
    (order,) = placed(world, 1)
    assert world.state(order.order_id)["state"] == "shadowed"
    world.scheduler.sleep(7200)
    (late,) = placed(world, 2)
    assert world.state(late.order_id)["state"] == "parked"


def test_shadow_when_an_order_is_in_the_books_already_parks_what_it_may_not_post(switch: Switch, world: World) -> None:
    order = an_order(1, 1, PaymentKind.AUTHORISED)
    world.place(order)
    world.run()
    assert (before := writes(world))
    switch(world, SHADOW)
    world.capture(order)
    world.run()
    state = world.state(order.order_id)
    assert (state["state"], state["reason_code"]) == ("parked", "SHADOW_MODE")
    assert writes(world) == before
    switch(world, LIVE)
    world.faults = Chosen()
    world.container().decisions.resume(Subject("order", "ordercloud", order.order_id), world.clock())
    world.run()
    assert verdict(world, due(order)).violations == []


def test_shadow_when_the_shop_was_told_of_an_order_before_tells_it_nothing_more(switch: Switch, world: World) -> None:
    order = an_order(1, 1)
    path = f"/v1/orders/Incoming/{order.order_id}"
    world.shop.place(order)
    tax = world.shop._call("GET", path)["TaxCost"]
    world.shop._call("PATCH", path, {"TaxCost": 99})
    world.announce()
    world.run()
    assert world.state(order.order_id)["reason_code"] == "VAT_NOT_EXPLAINED"
    before = world.calls["ordercloud PATCH /v1/orders/{direction}/{orderID}"]
    assert before
    switch(world, SHADOW)
    world.shop._call("PATCH", path, {"TaxCost": tax})
    world.container().decisions.resume(Subject("order", "ordercloud", order.order_id), world.clock())
    world.run()
    assert world.state(order.order_id)["state"] == "shadowed"
    assert world.calls["ordercloud PATCH /v1/orders/{direction}/{orderID}"] == before
