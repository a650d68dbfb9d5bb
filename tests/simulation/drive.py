"""What happens in a simulated shop, and what the checker says at the end."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from random import Random

from sandbox.kashflow.invoice_views import invoice_view
from sandbox.retail_order import Address, Customer, OrderLine, PaymentKind, RetailOrder
from sandbox.retail_shop import WEBHOOK_ROUTES
from tests.simulation.after_sale import REFUNDS, STORIES, Desk, Story
from tests.simulation.checker import violations
from tests.simulation.conditions import CALM, Conditions
from tests.simulation.expected import Expected
from tests.simulation.faults import Chosen, Faults
from tests.simulation.world import Hooks, World

_AFTER_SECONDS = 400, 4000
ALL: Mapping[str, Decimal] = {}
"""Of every order its Total is owed."""
KINDS = (PaymentKind.CAPTURED, PaymentKind.CAPTURED, PaymentKind.AUTHORISED, PaymentKind.PURCHASE_ORDER)


@dataclass
class Report:
    """What came out. Amounts are gross: what is owed for orders, and what their documents come to.

    `calls` are those of the bridge to the two systems, by name.
    """

    orders: int
    invoices: int
    ordered: Decimal
    invoiced: Decimal
    violations: list[str]
    dead_letters: int
    seconds: float
    states: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    customers: int = 0


def verdict(
    world: World, received: Mapping[str, Decimal], owed: Mapping[str, Decimal] = ALL, surplus: Collection[str] = ()
) -> Report:
    """Everything that is wrong with the books of this world. See `Expected` for what should have come of its orders."""
    market, books = world.ordercloud.market, world.kashflow.kashflow.books
    shown = [
        {
            **market._orders.shown(order),
            "Lines": market._orders.lines(order),
            "Payments": market._store.under("payments", (order["ID"],)),
        }
        for order in market._store.under("orders", ())
    ]
    orders = [order for order in shown if order["IsSubmitted"]]
    judged_here = {order["ID"]: received[order["ID"]] for order in orders if order["ID"] not in world.judges}
    expected = Expected(judged_here, owed, surplus)
    wrong = violations(books, orders, expected, world.tables["LedgerTable"].items, world.further)
    wrong += [*world.history.violations()]
    wrong += [line for check in (*world.checks, *world.judges.values()) for line in check()]
    dead = len(world.dead_letters) + len(world.workflows.parking_dead_letters)
    if dead:
        wrong.append(f"{dead} dead letters")
    return Report(
        orders=len(orders),
        invoices=len(books.invoices),
        ordered=sum((expected.owed_of(order) for order in orders), Decimal(0)),
        invoiced=sum((invoice_view(books, one)["GrossAmount"] for one in books.invoices), Decimal(0)),
        violations=wrong,
        dead_letters=dead,
        seconds=(world.clock() - world.began).total_seconds(),
        states=Counter(str(world.state(order["ID"]).get("state")) for order in orders),
        calls=world.calls,
        customers=len(books.customers),
    )


@dataclass(frozen=True)
class Webhooks:
    """What the shop sends for an order, and the shares of it that are lost or come twice."""

    hooks: Hooks = WEBHOOK_ROUTES
    dropped: float = 0
    duplicated: float = 0.05


@dataclass(frozen=True)
class Day:
    """A shop's day: so many orders of some customers, some paid at once, some later, some on account.

    They are placed evenly, or `places_at(number)` seconds after the beginning. Without `customers`, every fourth order
    is a new customer's. Something happens to a share of them after the sale (`changed`), or money is given back of so
    many (`refunds`): of one in ten more than was charged.
    """

    orders: int
    each_second: float = 4
    places_at: Callable[[int], float] | None = None
    customers: int = 0
    kinds: Sequence[PaymentKind] = KINDS
    webhooks: Webhooks = Webhooks()
    conditions: Conditions = CALM
    changed: float = 0
    refunds: int = 0

    def order(self, number: int, random: Random) -> RetailOrder:
        return an_order(number, self.customers or max(1, self.orders // 4), random.choice(self.kinds))

    def seconds_until(self, number: int) -> float:
        return self.places_at(number) if self.places_at else number / self.each_second


def play(
    seed: int,
    day: Day,
    faults: Faults | None = None,
    *,
    before: Callable[[World], None] = lambda _: None,
    after: Callable[[World], None] = lambda _: None,
) -> Report:
    """The day in a new world; `before` and `after` it, what else should happen there."""
    sent = day.webhooks
    world = World(seed, faults or Chosen(), sent.dropped, sent.duplicated, hooks=sent.hooks, conditions=day.conditions)
    random = Random(f"shop {seed}")
    desk, stories = Desk(world), _stories(seed, day)
    try:
        before(world)
        for number in range(day.orders):
            order, at = day.order(number, random), day.seconds_until(number)
            if day.refunds and number in stories:
                order = replace(order, payment=PaymentKind.CAPTURED)
            desk.expect(order)
            world.plan(at, partial(world.place, order))
            if order.payment is PaymentKind.AUTHORISED and random.random() < 0.7:
                desk.received[order.order_id] = order.total
                world.plan(at + random.choice([0.2, 3, 30, 300]), partial(world.capture, order))
            if number in stories:
                seconds, story = stories[number]
                world.plan(at + seconds, partial(story, desk, order))
        world.run()
        _tell_of_parked(world)
        after(world)
        return verdict(world, desk.received, desk.owed, desk.surplus)
    finally:
        world.close()


def _stories(seed: int, day: Day) -> dict[int, tuple[float, Story]]:
    """What happens to orders after the sale, by their numbers, and how many seconds after they were placed."""
    random = Random(f"after the sale {seed}")
    if day.refunds:
        chosen = random.sample(range(day.orders), day.refunds)
        too_much = set(chosen[: day.refunds // 10])
        draw = {number: Desk.give_back_too_much if number in too_much else random.choice(REFUNDS) for number in chosen}
    else:
        chosen = [number for number in range(day.orders) if random.random() < day.changed]
        draw = {number: random.choice(STORIES) for number in chosen}
    return {number: (random.uniform(*_AFTER_SECONDS), story) for number, story in draw.items()}


def _tell_of_parked(world: World, sweeps: int = 5) -> None:
    """The schedule looks, as long as a shop has not heard of an order that waits for a person."""
    for _ in range(sweeps):
        states = map(world.state, world.judges)
        if all(state.get("told_of") == state.get("updated_at") for state in states):
            return
        world.sweep()
        world.run()


def an_order(number: int, customers: int, payment: PaymentKind = PaymentKind.CAPTURED) -> RetailOrder:
    """A plain order of one of so many customers."""
    who = number % customers
    address = Address(f"home-{who}", f"{who} High Street", "Leeds", "LS1 1AA", "GB")
    customer = Customer(
        "retail", "Retail customers", f"user-{who}", "Ada", f"Field {who}", f"u{who}@shop.example", address
    )
    mugs = OrderLine("MUG", "Mug", 1 + number % 3, Decimal("10.01"))
    lines = (mugs, OrderLine("BOOK", "Book", 1, Decimal("7.5"), "ZERO"))
    return RetailOrder(f"SO-{number}", customer, lines, shipping=Decimal("4.95"), payment=payment)
