"""Three walks of one order, each with faults at chosen calls."""

from collections.abc import Iterator
from decimal import Decimal
from random import Random

from sandbox.retail_order import PaymentKind
from tests.simulation.drive import Report, an_order, verdict
from tests.simulation.faults import Chosen, Faults, Plan, kinds_of
from tests.simulation.world import World

WALKS = ("new customer", "known customer", "paid later")
_ORDER = "v1/orders/{direction}/{orderID}"
HOOKS = (("POST", f"{_ORDER}/submit"), ("PATCH", _ORDER), ("POST", f"{_ORDER}/payments/{{paymentID}}/transactions"))


def walk(name: str, plan: Plan) -> tuple[Report, list[str]]:
    """One order through the bridge with faults at chosen calls. Returns the verdict and the calls made."""
    faults = Chosen(plan)
    return disturbed(name, faults), faults.sites


def disturbed(name: str, faults: Faults, paid_after: float = 1200) -> Report:
    """One order through the bridge; `faults` begin with its own webhook, what was set up before is not disturbed.

    The order that is "paid later" is paid so many seconds after it was submitted.
    """
    world = World(1, hooks=HOOKS if name == "paid later" else HOOKS[:2])
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
        world.faults = faults
        world.place(order)
        if name == "paid later":
            world.plan(paid_after, lambda: world.capture(order))
        world.run()
        return verdict(world, captured)
    finally:
        world.close()


def singles(name: str) -> Iterator[Plan]:
    """Each fault that may hit, at each call of the undisturbed walk."""
    _, sites = walk(name, {})
    for at, site in enumerate(sites):
        for kind in kinds_of(site):
            yield {at: kind}


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


def written(plan: Plan) -> str:
    """`12:lost,40:kill_after`, as `read` understands it."""
    return ",".join(f"{at}:{kind}" for at, kind in plan.items())


def read(text: str) -> Plan:
    """A plan by call numbers, or by the name of a call for the first one there."""
    parts = [part.rpartition(":") for part in text.split(",") if part]
    return {int(at) if at.isdigit() else at: kind for at, _, kind in parts}


def _place(single: Plan) -> int:
    return int(next(iter(single)))
