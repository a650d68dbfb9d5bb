"""Walks of one order, each with faults at chosen calls."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from random import Random

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.retail_order import PaymentKind, RetailOrder
from sitecore_kashflow.errors import BridgeError
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.runtime.wiring import Wiring
from tests.simulation import people
from tests.simulation.after_sale import Desk
from tests.simulation.after_sale_walks import AFTER_SALE_WALKS
from tests.simulation.conditions import CALM, Conditions
from tests.simulation.drive import Report, an_order, verdict
from tests.simulation.faults import Chosen, Faults, Kinds, Plan, Since, kinds_of
from tests.simulation.lines import FROZEN_SECONDS
from tests.simulation.more_walks import MORE_WALKS
from tests.simulation.scheduler import Killed
from tests.simulation.world import Hooks, World

_ORDER = "v1/orders/{direction}/{orderID}"
_LONGEST_COMMAND_SECONDS = 10 * FROZEN_SECONDS
TOLD_OF_SUBMIT = (("POST", f"{_ORDER}/submit"), ("PATCH", _ORDER))
TOLD_OF_CANCELLING = (*TOLD_OF_SUBMIT, ("POST", f"{_ORDER}/cancel"))
TOLD_OF_PAYMENTS = (*TOLD_OF_SUBMIT, ("POST", f"{_ORDER}/payments/{{paymentID}}/transactions"))
TOLD_OF_CHANGES = (*TOLD_OF_PAYMENTS, ("POST", f"{_ORDER}/cancel"))
"""Not of returns: one completes by its payment, of which it is told."""


class Day:
    """A world in which an order walks; what is done before `begin` is not disturbed."""

    def __init__(self, faults: Faults, hooks: Hooks, conditions: Conditions = CALM) -> None:
        self.world = World(1, hooks=hooks, conditions=conditions)
        self.desk = Desk(self.world)
        self._faults = faults

    def begin(self, at: str = "") -> None:
        """From here on calls go wrong, or from the first call of a name on."""
        self.world.run()
        self.world.faults = Since(self._faults, at) if at else self._faults

    def begin_in(self, seconds: float) -> None:
        """Calls go wrong from then on."""
        self.world.run()
        self.world.plan(seconds, lambda: setattr(self.world, "faults", self._faults))

    def end(self) -> None:
        """From here on nothing goes wrong any more."""
        self.world.faults = Chosen()

    def place(self, order: RetailOrder) -> None:
        self.desk.place(order)

    def capture(self, order: RetailOrder) -> None:
        self.desk.received[order.order_id] = order.total
        self.world.capture(order)

    def resume(self, order: RetailOrder, looks: int = 10) -> None:
        """A person lets the order go on, and looks a quarter of an hour later whether it has gone."""
        if self.world.state(order.order_id).get("state") == "parked":
            about = Subject("order", "ordercloud", order.order_id)
            self.command(lambda wiring: wiring.decisions.resume(about, self.world.clock()))
        if looks > 1:
            self.world.plan(900, lambda: self.resume(order, looks - 1))

    def command(self, act: Callable[[Wiring], object], failed: Callable[[], object] = lambda: None) -> None:
        """A person's command, in a process of its own; if it fails, something else happens a minute later."""
        wiring = self.world.container()

        def work() -> None:
            try:
                act(wiring)
            except (Killed, BridgeError, BotoCoreError, ClientError):
                self.world.plan(60, failed)

        self.world.plan(_LONGEST_COMMAND_SECONDS, lambda: None)
        self.world.scheduler.spawn(work, wiring)


def new_customer(day: Day) -> None:
    """An order that is paid at once."""
    day.begin()
    day.place(an_order(1, 1))


def known_customer(day: Day) -> None:
    """The second order of a customer."""
    day.place(an_order(0, 1))
    day.begin()
    day.place(an_order(1, 1))


def paid_later(day: Day, after: float = 1200) -> None:
    """An order that is paid so many seconds after it was submitted."""
    day.place(an_order(0, 1))
    day.begin()
    order = an_order(1, 1, PaymentKind.AUTHORISED)
    day.place(order)
    day.world.plan(after, partial(day.capture, order))


def customer_moved(day: Day) -> None:
    """The second order of a customer, who has a new address."""
    day.place(an_order(0, 1))
    day.begin()
    order = an_order(1, 1)
    home = replace(order.customer.address, address_id="new-home", street="2 Low Road")
    day.place(replace(order, customer=replace(order.customer, address=home)))


def found_by_sweep(day: Day) -> None:
    """No webhook tells of the order, nor of what the bridge reports; two sweeps look."""
    day.place(an_order(0, 1))
    day.begin()
    day.world.dropped = 1
    day.place(an_order(1, 1))
    for seconds in (600, 3000):
        day.world.plan(seconds, day.world.sweep)


def parked_and_resumed(day: Day) -> None:
    """KashFlow refuses the invoice, because the package is used up; a person buys a larger one."""
    day.place(an_order(0, 1))
    day.begin()
    order = an_order(1, 1)
    day.world.kashflow.switches.put({"invoice_limit": "reached"})
    day.place(order)
    day.world.plan(1800, lambda: day.world.kashflow.switches.put({"invoice_limit": "none"}))
    day.world.plan(1800, lambda: day.resume(order))


WALKS: dict[str, tuple[Callable[[Day], None], Hooks]] = {
    "new customer": (new_customer, TOLD_OF_SUBMIT),
    "known customer": (known_customer, TOLD_OF_SUBMIT),
    "paid later": (paid_later, TOLD_OF_PAYMENTS),
    "customer moved": (customer_moved, TOLD_OF_SUBMIT),
    "found by sweep": (found_by_sweep, TOLD_OF_SUBMIT),
    "parked and resumed": (parked_and_resumed, TOLD_OF_SUBMIT),
    "left to people": (people.left_to_people, TOLD_OF_SUBMIT),
    "reopened": (people.reopened, TOLD_OF_SUBMIT),
    "abandoned after resume": (people.abandoned_after_resume, TOLD_OF_SUBMIT),
    "abandoned under way": (people.abandoned_under_way, TOLD_OF_SUBMIT),
    "deleted": (people.deleted, TOLD_OF_SUBMIT),
    "cancelled under way": (people.cancelled_under_way, TOLD_OF_CANCELLING),
    "cancelled later": (people.cancelled_later, TOLD_OF_CANCELLING),
}


def every_walk() -> dict[str, tuple[Callable[[Day], None], Hooks]]:
    """All that the command plays."""
    more = {name: (script, TOLD_OF_PAYMENTS) for name, script in MORE_WALKS.items()}
    return WALKS | more | {name: (script, TOLD_OF_CHANGES) for name, script in AFTER_SALE_WALKS.items()}


def walk(name: str, plan: Plan, conditions: Conditions = CALM) -> tuple[Report, list[str]]:
    """One order through the bridge with faults at chosen calls. Returns the verdict and the calls made."""
    faults = Chosen(plan)
    return disturbed(name, faults, conditions), faults.sites


def disturbed(name: str, faults: Faults, conditions: Conditions = CALM) -> Report:
    """The walk of this name while calls go wrong."""
    script, hooks = every_walk()[name]
    return played(script, hooks, faults, conditions)


def played(script: Callable[[Day], None], hooks: Hooks, faults: Faults, conditions: Conditions = CALM) -> Report:
    """A day by its script, to its end."""
    day = Day(faults, hooks, conditions)
    try:
        script(day)
        day.world.run()
        return verdict(day.world, day.desk.received, day.desk.owed, day.desk.surplus)
    finally:
        day.world.close()


def singles(name: str, kinds: Kinds = kinds_of) -> Iterator[Plan]:
    """Each fault that may hit, at each call of the undisturbed walk."""
    _, sites = walk(name, {})
    for at, site in enumerate(sites):
        for kind in kinds(site):
            yield {at: kind}


def pairs_of(name: str, random: Random, many: int, conditions: Conditions = CALM) -> Iterator[tuple[Plan, Report]]:
    """A sample of the pairs, each with what came of it: mostly faults that lie near each other."""
    firsts, found = list(singles(name)), 0
    while found < many:
        first = random.choice(firsts)
        faults = Pair(first, int(next(iter(first))) + 1 + int(random.expovariate(0.1)), random)
        report = disturbed(name, faults, conditions)
        if len(faults.plan) == 2:
            found += 1
            yield faults.plan, report


class Pair(Chosen):
    """A chosen fault, and one more at a later call, if the walk comes to it; it is drawn there."""

    def __init__(self, first: Plan, later: int, random: Random) -> None:
        super().__init__(first)
        self.plan: Plan = first
        self._later, self._random = later, random

    def take(self, site: str) -> str | None:
        if len(self.sites) == self._later:
            kind = self._random.choice(kinds_of(site))
            self.plan = {**self.plan, self._later: kind}
            self._left[self._later] = kind
        return super().take(site)


def written(plan: Plan) -> str:
    """`12:lost,40:kill_after`, as `read` understands it."""
    return ",".join(f"{at}:{kind}" for at, kind in plan.items())


def read(text: str) -> Plan:
    """A plan by call numbers, or by the name of a call for the first one there."""
    parts = [part.rpartition(":") for part in text.split(",") if part]
    return {int(at) if at.isdigit() else at: kind for at, _, kind in parts}
