"""What people do to an order while it walks, and how it must stand then: parked, abandoned, reopened, cancelled."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from sandbox.retail_order import RetailOrder
from sitecore_kashflow.usecases.decide import Decisions
from tests.simulation.drive import an_order
from tests.simulation.faults import Faults
from tests.simulation.judges import invoices_of, is_cancelled, is_left_alone, is_parked
from tests.stage import subject

if TYPE_CHECKING:
    from tests.simulation.walks import Day

_ONE = "/v1/orders/Incoming"


class Interrupted:
    """Faults, and besides: `away` names a system that is not there, and at the call `at` something happens."""

    def __init__(self, faults: Faults, at: int | str = "", happen: Callable[[], object] | None = None) -> None:
        self.away = ""
        self._faults, self._at, self._happen = faults, at, happen
        self.calls = 0

    def take(self, site: str) -> str | None:
        if self._happen is not None and self._at in (self.calls, site):
            happen, self._happen = self._happen, None
            happen()
        self.calls += 1
        kind = self._faults.take(site)
        return "refused" if self.away and site.startswith(self.away) else kind


# --- what people do ---------------------------------------------------------------------------------------


def abandon(day: "Day", order: RetailOrder) -> None:
    """A person leaves the order alone; from the answer on, it is judged by `is_left_alone`."""

    def answered(said: str) -> None:
        booked = len(invoices_of(day.world, order.order_id))
        expected = None if "may be in KashFlow" in said else booked
        day.world.judges[order.order_id] = partial(is_left_alone, day.world, order.order_id, expected)

    about, now = subject(order.order_id), day.world.clock
    _command(day, lambda decisions: decisions.abandon(about, "booked by hand", now()), answered)


def reopen(day: "Day", order: RetailOrder) -> None:
    """A person lets the abandoned order go on, and from then on nothing goes wrong: it has to be in the books."""
    about, now = subject(order.order_id), day.world.clock
    day.world.judges.pop(order.order_id, None)
    _command(day, lambda decisions: decisions.reopen(about, now()), lambda _: day.end())


def _command(
    day: "Day", decide: Callable[[Decisions], str], answered: Callable[[str], object], tries: int = 10
) -> None:
    """An operator's command, given again a minute later if it fails."""
    day.command(
        lambda wiring: answered(decide(wiring.decisions)),
        lambda: _command(day, decide, answered, tries - 1) if tries > 1 else None,
    )


# --- walks ------------------------------------------------------------------------------------------------


def left_to_people(day: "Day") -> None:
    """An order parks, and a sweep tells its shop, which would not hear at first; then a person abandons it."""
    order, world = _refused(day), day.world
    world.ordercloud.faults.add(
        {"method": "PATCH", "path": "/v1/orders/*", "kind": "status", "status": 403, "times": 1}
    )
    day.begin_in(1200)
    day.place(order)

    def look() -> None:
        seen = is_parked(world, order.order_id, "KASHFLOW_REFUSED")
        world.checks.append(lambda: seen)

    world.plan(1200, world.sweep)
    world.plan(2000, partial(_sweep_if_unheard, day, order))
    world.plan(2800, look)
    world.plan(2800, partial(abandon, day, order))


def reopened(day: "Day") -> None:
    """A person abandons a parked order, and reopens it when KashFlow takes invoices again."""
    order, world = _refused(day), day.world
    day.begin_in(2000)
    day.place(order)
    world.plan(900, partial(abandon, day, order))
    world.plan(2000, lambda: world.kashflow.switches.put({"invoice_limit": "none"}))
    world.plan(2000, partial(reopen, day, order))


def abandoned_after_resume(day: "Day") -> None:
    """A person resumes a parked order while KashFlow is away, and then books it by hand."""
    order, world = _refused(day), day.world
    day.begin_in(900)
    day.place(order)

    def resume() -> None:
        world.kashflow.switches.put({"invoice_limit": "none"})
        world.faults = line = Interrupted(world.faults)
        line.away = "kashflow"
        world.plan(300, lambda: setattr(line, "away", ""))
        day.resume(order, looks=1)

    world.plan(900, resume)
    world.plan(960, partial(abandon, day, order))


def abandoned_under_way(day: "Day", at: int | str = "ledger TransactPut DOCUMENT") -> None:
    """A person abandons an order while its run is about to post the invoice, or at the call of this number or name."""
    day.place(an_order(0, 1))
    day.begin("lambda create_invoice")
    order = an_order(1, 1)
    day.world.faults = Interrupted(day.world.faults, at, partial(abandon, day, order))
    day.place(order)


def deleted(day: "Day") -> None:
    """A parked order is deleted in Sitecore; a person abandons it here."""
    order, world = _refused(day), day.world
    day.begin_in(900)
    day.place(order)
    world.plan(900, lambda: world.shop._call("DELETE", f"{_ONE}/{order.order_id}"))
    world.plan(960, partial(abandon, day, order))


def cancelled_under_way(day: "Day", at: int | str = "ledger TransactPut DOCUMENT") -> None:
    """An order is cancelled while its run is about to post the invoice, or at the call of this number or name."""
    day.place(an_order(0, 1))
    day.begin("lambda create_invoice")
    order = an_order(1, 1)
    day.world.faults = Interrupted(day.world.faults, at, lambda: day.world.plan(0, partial(_cancel, day, order)))
    day.world.judges[order.order_id] = partial(is_cancelled, day.world, order.order_id)
    day.place(order)
    day.world.plan(3000, partial(_sweep_if_unheard, day, order))


def cancelled_later(day: "Day") -> None:
    """An order is cancelled when its invoice is in the books."""
    day.place(an_order(0, 1))
    day.begin_in(600)
    order = an_order(1, 1)
    day.world.judges[order.order_id] = partial(is_cancelled, day.world, order.order_id)
    day.place(order)
    day.world.plan(600, partial(_cancel, day, order))
    day.world.plan(3000, partial(_sweep_if_unheard, day, order))


def _cancel(day: "Day", order: RetailOrder) -> None:
    day.world.ordercloud.switches.put({"cancel_open_orders": "allowed"})
    day.world.shop._call("POST", f"{_ONE}/{order.order_id}/cancel")
    day.world.announce()


def _sweep_if_unheard(day: "Day", order: RetailOrder) -> None:
    state = day.world.state(order.order_id)
    if state.get("told_of") != state.get("updated_at"):
        day.world.sweep()


def _refused(day: "Day") -> RetailOrder:
    """The second order of a customer; KashFlow will refuse its invoice, because the package is used up."""
    day.place(an_order(0, 1))
    day.world.run()
    day.world.kashflow.switches.put({"invoice_limit": "reached"})
    return an_order(1, 1)
