"""A second shop, whose sales come whole in their events and cannot be read again, beside the first one."""

from collections.abc import Iterable
from functools import partial
from itertools import permutations
from random import Random
from typing import Any

import pytest

from sitecore_kashflow.runs.kept_events import Kept, KeptEvents
from sitecore_kashflow.runs.subject import Subject
from tests.second_shop.till import Till, open_second_shop
from tests.simulation.drive import Day, Report, play, verdict
from tests.simulation.faults import Away, Chosen, Faults, Mixed, Plan, kinds_of
from tests.simulation.world import World


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> None:
    open_second_shop(monkeypatch)


def sell(world: World, sales: int, late_seconds: float = 3) -> None:
    """A sale each second, all of them told of late, some twice, in any order."""
    till = Till(world, late_seconds)

    def tell(number: int) -> None:
        till.announce(till.sell(number, is_paid=number % 4 > 0))

    for number in range(sales):
        world.plan(number, partial(tell, number))


def one_sale(faults: Faults, order_of_events: Iterable[int] = (1, 0, 2), gap_seconds: float = 1) -> Report:
    """A sale whose events arrive in this order; a fourth says the same as the third, as a newer version."""
    world = World(1, faults)
    try:
        till = Till(world)
        events = till.sell(1)
        events.append(events[-1] | {"version": 4})
        for place, at in enumerate(order_of_events):
            world.plan(1 + place * gap_seconds, partial(till.post, events[at]))
        world.run()
        return verdict(world, {})
    finally:
        world.close()


def test_sales_of_two_shops_become_one_invoice_each_and_both_shops_are_told() -> None:
    report = play(1, Day(20), before=lambda world: sell(world, 20))
    assert (report.violations, report.orders, report.invoices) == ([], 20, 40)


@pytest.mark.parametrize(("seed", "share", "late_seconds"), [(1, 0.02, 3), (2, 0.05, 600)])
def test_sales_of_two_shops_when_calls_go_wrong_become_one_invoice_each(
    seed: int, share: float, late_seconds: float
) -> None:
    report = play(seed, Day(60), Mixed(seed, share), before=lambda world: sell(world, 60, late_seconds))
    assert (report.violations, report.invoices) == ([], 120)


@pytest.mark.parametrize("gap_seconds", [0.2, 600])
@pytest.mark.parametrize("order_of_events", list(permutations(range(3))))
def test_older_event_that_comes_late_never_replaces_a_newer_one(
    order_of_events: Iterable[int], gap_seconds: float
) -> None:
    assert one_sale(Chosen(), order_of_events, gap_seconds).violations == []


def test_till_is_told_once_of_each_state_though_it_cannot_say_what_it_was_told() -> None:
    report = one_sale(Chosen(), (0, 1, 2, 2, 3), gap_seconds=600)
    assert (report.violations, report.calls["till PUT /sales/{id}"]) == ([], 2)


def test_checker_when_whatever_comes_last_is_kept_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    keep = KeptEvents.keep
    counted = iter(range(1, 100))

    def always(self: KeptEvents, subject: Subject, kept: Kept, now: Any) -> bool:
        return keep(self, subject, Kept(kept.body, next(counted)), now)

    monkeypatch.setattr(KeptEvents, "keep", always)
    assert one_sale(Chosen(), (2, 1, 0)).violations != []


def test_sale_when_any_single_call_goes_wrong_becomes_one_invoice_that_the_till_knows() -> None:
    """A sample of all: every call that the till's own doors make, and one in ten of the others."""
    calm = Chosen()
    assert one_sale(calm).violations == []
    random = Random(1)
    plans: list[Plan] = [
        {at: kind}
        for at, site in enumerate(calm.sites)
        for kind in kinds_of(site)
        if "EVENT" in site or site.startswith("till") or random.random() < 0.1
    ]
    assert len(plans) > 100
    assert {repr(plan): found for plan in plans if (found := one_sale(Chosen(plan)).violations)} == {}


def test_sweep_keeps_a_place_for_each_shop_and_goes_on_though_one_is_away() -> None:
    world = World(1, Away("ordercloud"))
    Till(world)
    world.sweep(tries=1)
    world.run()
    ledger = world.tables["LedgerTable"].items
    assert [key[0] for key in ledger if key[1] == "CURSOR" and "LIVE" in key[0]] == ["SWEEP#LIVE#till"]
    world.faults = Chosen()
    world.sweep()
    world.run()
    assert {key[0] for key in ledger if "LIVE" in key[0]} == {"SWEEP#LIVE#till", "SWEEP#LIVE#ordercloud"}
    world.close()
