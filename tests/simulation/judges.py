"""How an order must stand that people, or its shop, have stopped: what each says is wrong, in words."""

from typing import Any

from sandbox.kashflow.invoice_views import invoice_view
from tests.simulation.expected import order_of
from tests.simulation.world import World


def is_left_alone(world: World, order_id: str, booked: int | None) -> list[str]:
    """An abandoned order: so many invoices as when the person was answered; None if one was under way then."""
    state, invoices = world.state(order_id), invoices_of(world, order_id)
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


def is_parked(world: World, order_id: str, code: str) -> list[str]:
    """An order that waits for a person, and its shop has heard so; it has no document twice."""
    state, invoices = world.state(order_id), invoices_of(world, order_id)
    number = invoices[0]["Number"] if invoices else None
    references = [one["CustomerReference"] for one in invoices]
    found = {
        "state": (state.get("state"), "parked"),
        "code": (state.get("reason_code"), code),
        "documents": (sorted(references), sorted(set(references))),
    }
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


def is_cancelled(world: World, order_id: str) -> list[str]:
    """A cancelled order whose money is held: it waits for that to be given back, with its invoice or without one."""
    state, invoices = world.state(order_id), invoices_of(world, order_id)
    is_awaited = "is not given back" in str(state.get("awaits"))
    found = {
        "state": (state.get("state"), "paid" if invoices else "waiting"),
        "still held by a run": (state.get("is_open"), False),
        "refund is awaited": (is_awaited, True),
        "documents": (len(invoices) <= 1, True),
    }
    return _wrong(order_id, found | (_heard(world, order_id, "Paid", invoices[0]["Number"], None) if invoices else {}))


def _wrong(order_id: str, found: dict[str, tuple[Any, Any]]) -> list[str]:
    return [f"{order_id}: {what} is {is_}, should be {ought}" for what, (is_, ought) in found.items() if is_ != ought]


def invoices_of(world: World, order_id: str) -> list[Any]:
    books = world.kashflow.kashflow.books
    return [invoice_view(books, one) for one in books.invoices if _is_of(order_id, str(one["CustomerReference"]))]


def _is_of(order_id: str, reference: str) -> bool:
    return order_of(reference, (order_id,)) == order_id


def _order(world: World, order_id: str) -> Any:
    market = world.ordercloud.market
    shown = [market._orders.shown(order) for order in market._store.under("orders", ())]
    return next((order for order in shown if order["ID"] == order_id), None)
