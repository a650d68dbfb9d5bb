"""Every single fault at every call of a walk, and every pair of faults: enumerated, not sampled."""

from collections.abc import Iterator
from decimal import Decimal
from random import Random

from sandbox.retail_order import PaymentKind
from tests.simulation.drive import Report, an_order, verdict
from tests.simulation.faults import Chosen, Plan, kinds_of
from tests.simulation.world import World

WALKS = ("new customer", "known customer", "paid later")


def walk(name: str, plan: Plan) -> tuple[Report, list[str]]:
    """One order through the bridge with faults at chosen calls. Returns the verdict and the calls made.

    The calls are counted from the order's own webhook on: what was set up before is not disturbed.
    """
    faults = Chosen()
    world = World(1, faults)
    captured: dict[str, Decimal] = {}
    try:
        if name != "new customer":
            earlier = an_order(0, 1)
            captured[earlier.order_id] = earlier.total
            world.place(earlier)
            world.run()
        kind = PaymentKind.AUTHORISED if name == "paid later" else PaymentKind.CAPTURED
        order = an_order(1, 1, kind)
        captured[order.order_id] = order.total
        faults.begin(plan)
        world.place(order)
        if name == "paid later":
            world.plan(1200, lambda: world.capture(order))
        world.run()
        return verdict(world, captured), faults.sites
    finally:
        world.close()


def singles(name: str) -> Iterator[Plan]:
    """Each fault that may hit, at each call of the undisturbed walk."""
    _, sites = walk(name, {})
    for at, site in enumerate(sites):
        for kind in kinds_of(site):
            yield {at: kind}


def pairs(name: str) -> Iterator[Plan]:
    """Each single fault, with each fault at each later call that the disturbed walk makes."""
    for first in singles(name):
        _, sites = walk(name, first)
        for later in range(1 + _place(first), len(sites)):
            for kind in kinds_of(sites[later]):
                yield {**first, later: kind}


def pairs_of(name: str, random: Random, many: int) -> list[Plan]:
    """A sample of the pairs: mostly faults that lie near each other."""
    firsts, found = list(singles(name)), list[Plan]()
    while len(found) < many:
        first = random.choice(firsts)
        sites = walk(name, first)[1]
        later = _place(first) + 1 + int(random.expovariate(0.1))
        if later < len(sites):
            found.append({**first, later: random.choice(kinds_of(sites[later]))})
    return found


def _place(single: Plan) -> int:
    return int(next(iter(single)))
