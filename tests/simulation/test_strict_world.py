"""A world as AWS and long lines are: calls take time, reads are late, pages are small, clocks differ."""

import pytest

from sitecore_kashflow.usecases import sweep_orders as sweep_module
from tests.simulation.conditions import STRICT
from tests.simulation.drive import Day, Report, Webhooks, an_order, play, verdict
from tests.simulation.environment import PUBLISHED_RULES
from tests.simulation.faults import Away, Chosen, Faults, Mixed
from tests.simulation.walks import WALKS, singles, walk, written
from tests.simulation.world import World

NO_WEBHOOKS = Webhooks(dropped=1)
BATCH = "queue SendMessageBatch"


@pytest.mark.parametrize(("seed", "orders", "share"), [(1, 60, 0), (2, 100, 0.02), (3, 60, 0.1)])
def test_bridge_in_a_strict_world_makes_one_invoice_an_order(seed: int, orders: int, share: float) -> None:
    report = play(seed, Day(orders, conditions=STRICT), Mixed(seed, share))
    assert (report.violations, report.invoices, report.ordered) == ([], orders, report.invoiced)


def test_strict_world_when_played_twice_with_one_seed_does_the_same() -> None:
    first, second = (play(5, Day(20, conditions=STRICT), Mixed(5, 0.1)) for _ in range(2))
    assert (first.calls, first.seconds, first.states) == (second.calls, second.seconds, second.states)


@pytest.mark.parametrize("name", WALKS)
def test_walk_in_a_strict_world_when_some_single_call_goes_wrong_comes_out_right(name: str) -> None:
    plans = [{}, *list(singles(name))[::45]]
    assert {written(plan): found for plan in plans if (found := walk(name, plan, STRICT)[0].violations)} == {}


def test_orders_of_a_burst_wait_for_a_worker_of_a_step_and_come_through() -> None:
    report = play(1, Day(80, each_second=80, conditions=STRICT))
    assert (report.violations, report.invoices) == ([], 80)


def test_books_when_all_webhooks_come_again_after_what_was_remembered_has_expired_stay_as_they_are() -> None:
    def replay(world: World) -> None:
        for _ in range(3):
            world.scheduler.sleep(20 * 86_400)
            world.replay()
            world.run()

    report = play(1, Day(10, conditions=STRICT), after=replay)
    assert (report.violations, report.invoices) == ([], 10)


# --- the queue and the sweep ------------------------------------------------------------------------------


def test_sweep_when_the_queue_takes_only_some_of_a_batch_finds_every_order() -> None:
    def one_sweep(world: World) -> None:
        world.faults = Chosen({BATCH: "some_refused"})
        world.sweep()
        world.run()

    report = play(1, Day(12, webhooks=NO_WEBHOOKS), after=one_sweep)
    assert (report.violations, report.invoices) == ([], 12)


def test_sweep_that_was_cut_short_looks_again_from_where_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order with a low id is placed while a sweep that is past that id cannot go on."""
    monkeypatch.setattr(sweep_module, "_MAX_PAGES", 1)
    world = World(1, hooks=())
    orders = [an_order(number, 5) for number in range(6)]
    for order in orders[1:]:
        world.place(order)
    for seconds in (60, 3 * 3600, 3 * 3600 + 600, 3 * 3600 + 1200):
        world.plan(seconds, world.sweep)
    world.plan(120, lambda: world.place(orders[0]))
    world.run()
    assert verdict(world, {order.order_id: order.total for order in orders}).violations == []
    world.close()


# --- rules and credentials --------------------------------------------------------------------------------


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop has rules of its own in AppConfig."""
    for name, value in PUBLISHED_RULES.items():
        monkeypatch.setenv(name, value)


def a_day_of_rules(faults: Faults) -> tuple[Report, set[str]]:
    """New rules are published in the middle of the day; which versions stand on the invoices."""
    versions: set[str] = set()

    def publish(world: World) -> None:
        world.rules_text = "version: old"
        world.plan(60, lambda: setattr(world, "rules_text", "version: new"))

    def look(world: World) -> None:
        for key, item in world.tables["LedgerTable"].items.items():
            if str(key[1]).startswith("DOCUMENT#invoice"):
                versions.add(item["rules_version"])

    day = Day(40, each_second=0.25, conditions=STRICT)
    return play(1, day, faults, before=publish, after=look), versions


@pytest.mark.usefixtures("published")
def test_rules_that_change_while_orders_are_under_way_apply_from_then_on() -> None:
    report, versions = a_day_of_rules(Mixed(2, 0.05))
    assert (report.violations, versions) == ([], {"old", "new"})


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("seconds", [30, 3600])
def test_orders_when_their_rules_cannot_be_read_wait_and_come_through(seconds: float) -> None:
    def outage(world: World) -> None:
        world.rules_text = "version: own"
        world.faults = Away("rules")
        world.plan(seconds, lambda: setattr(world, "faults", Chosen()))

    report = play(1, Day(10, conditions=STRICT), before=outage)
    assert (report.violations, report.invoices, report.dead_letters) == ([], 10, 0)


@pytest.mark.parametrize("name", ["kashflow", "ordercloud", "webhook"])
def test_orders_when_a_credential_changes_again_and_again_come_through(name: str) -> None:
    def rotations(world: World) -> None:
        for minutes in (1, 61, 121):
            world.plan(60 * minutes, lambda: world.rotation.change(name))

    report = play(1, Day(20, each_second=20 / (3 * 3600), conditions=STRICT), Mixed(1, 0.02), before=rotations)
    assert (report.violations, report.invoices, report.dead_letters) == ([], 20, 0)
