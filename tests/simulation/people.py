"""What people do to an order while it walks, and how it must stand then: parked, abandoned, reopened, cancelled."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.kashflow.invoice_views import invoice_view
from sandbox.retail_order import RetailOrder
from sitecore_kashflow.usecases.decide import Decisions
from tests.simulation.drive import an_order
from tests.simulation.faults import Faults
from tests.simulation.world import World
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
    """A person leaves the order alone; from the answer on, it is judged by `_is_left_alone`."""

    def answered(said: str) -> None:
        booked = len(_invoices(day.world, order.order_id))
        expected = None if "may be in KashFlow" in said else booked
        day.world.judges[order.order_id] = partial(_is_left_alone, day.world, order.order_id, expected)

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


# --- how the order must stand -----------------------------------------------------------------------------


def _is_left_alone(world: World, order_id: str, booked: int | None) -> list[str]:
    """An abandoned order: so many invoices as when the person was answered; None if one was under way then."""
    state, invoices = world.state(order_id), _invoices(world, order_id)
    document = world.tables["LedgerTable"].items.get((f"ORDER#ordercloud:{order_id}", f"DOCUMENT#invoice#{order_id}"))
    number = invoices[0]["Number"] if invoices else None
    found = {
        "state": (state.get("state"), "abandoned"),
        "reason": (state.get("reason"), "booked by hand"),
        "still held by a run": (state.get("is_open"), False),
        "invoices": (len(invoices), min(len(invoices), 1) if booked is None else booked),
        "ledger's invoice": (
            (document or {}).get("status"),
            "standing" if invoices else None,
        ),
    }
    return _wrong(order_id, found | _heard(world, order_id, "Abandoned", number, None))


def _is_parked(world: World, order_id: str, code: str) -> list[str]:
    """An order that waits for a person, and its shop has heard so."""
    state, invoices = world.state(order_id), _invoices(world, order_id)
    number = invoices[0]["Number"] if invoices else None
    found = {"state": (state.get("state"), "parked"), "code": (state.get("reason_code"), code)}
    return _wrong(order_id, found | _heard(world, order_id, "Parked", number, code))


def _heard(world: World, order_id: str, name: str, number: int | None, code: str | None) -> dict[str, tuple[Any, Any]]:
    """What the order in its shop must say; what the ledger must say if the shop no longer has it."""
    state = world.state(order_id)
    found: dict[str, tuple[Any, Any]] = {"told of": (state.get("told_of"), state.get("updated_at"))}
    order = _order(world, order_id)
    if order is None:
        return found | {"report": (state.get("report_ordercloud"), "gone")}
    told = (order.get("xp") or {}).get("KashFlow") or {}
    said = (told.get("SyncState"), told.get("InvoiceNumber"), told.get("Error"))
    return found | {"told": (said, (name, number, code))}


def _is_cancelled(world: World, order_id: str) -> list[str]:
    """A cancelled order: a person must make a credit note; without an invoice, it waits while its money is held."""
    if _invoices(world, order_id):
        return _is_parked(world, order_id, "CANCELLED_AFTER_INVOICE")
    state, payments = world.state(order_id), world.shop._call("GET", f"{_ONE}/{order_id}/payments")["Items"]
    name = "waiting" if any(one["Transactions"] for one in payments) else "cancelled"
    return _wrong(order_id, {"state": (state.get("state"), name), "held": (state.get("is_open"), False)})


def _wrong(order_id: str, found: dict[str, tuple[Any, Any]]) -> list[str]:
    return [f"{order_id}: {what} is {is_}, should be {ought}" for what, (is_, ought) in found.items() if is_ != ought]


def _invoices(world: World, order_id: str) -> list[Any]:
    books = world.kashflow.kashflow.books
    return [invoice_view(books, one) for one in books.invoices if one["CustomerReference"] == order_id]


def _order(world: World, order_id: str) -> Any:
    market = world.ordercloud.market
    shown = [market._orders.shown(order) for order in market._store.under("orders", ())]
    return next((order for order in shown if order["ID"] == order_id), None)


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
        seen = _is_parked(world, order.order_id, "KASHFLOW_REFUSED")
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
    day.world.judges[order.order_id] = partial(_is_cancelled, day.world, order.order_id)
    day.place(order)
    day.world.plan(3000, partial(_sweep_if_unheard, day, order))


def cancelled_later(day: "Day") -> None:
    """An order is cancelled when its invoice is in the books."""
    day.place(an_order(0, 1))
    day.begin_in(600)
    order = an_order(1, 1)
    day.world.judges[order.order_id] = partial(_is_cancelled, day.world, order.order_id)
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
