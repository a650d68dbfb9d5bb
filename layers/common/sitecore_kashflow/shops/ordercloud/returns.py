"""Which of an order's returns its refunds settle, and what comes back by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ...canonical.order import OrderReturn, Refund, ReturnedLine
from . import wire
from .payments import Paperwork

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Settled:
    """Refunds, each with the return that it settles, and these returns."""

    refunds: tuple[Refund, ...]
    returns: tuple[OrderReturn, ...]


def settled_by(refunds: Sequence[Refund], paperwork: Paperwork) -> Settled:
    """A refund whose payment names no return goes to the first of exactly its amount that no payment names, if any."""
    named = {one.order_return_id for one in paperwork.payments}
    free = [one for one in paperwork.returns if one.id not in named and one.counts]
    free.sort(key=lambda one: (one.date_created or _LONG_AGO, one.id))
    settled = list[Refund]()
    for refund in sorted(refunds, key=lambda one: one.refunded_at):
        found = None if refund.return_id else next((one for one in free if one.amount == refund.amount), None)
        if found:
            free.remove(found)
        settled.append(refund.model_copy(update={"return_id": found.id}) if found else refund)
    ids = {one.return_id for one in settled}
    return Settled(tuple(settled), tuple(_canonical(one) for one in paperwork.returns if one.id in ids))


def _canonical(one: wire.OrderReturn) -> OrderReturn:
    items = one.items_to_return
    return OrderReturn(
        return_id=one.id,
        amount=one.amount,
        lines=tuple(
            ReturnedLine(line_id=item.line_item_id, quantity=item.quantity, amount=item.refund_amount) for item in items
        ),
    )
