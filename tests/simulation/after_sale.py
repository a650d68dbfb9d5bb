"""What the shop does to orders that it has sold, and what the books must come to then."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from sandbox.retail_order import PaymentKind, RetailOrder
from sandbox.service_desk import Returned, ServiceDesk
from tests.simulation.judges import is_parked
from tests.simulation.world import World

ZERO = Decimal(0)
_PART, _MORE = Decimal("5.00"), Decimal("9.95")
_LATER = 600
Change = Callable[[ServiceDesk, RetailOrder], RetailOrder]
"""Of an order; gives it as it is then."""


class Desk:
    """Works for a world's shop; webhooks go out. `received`, `owed` and `surplus` say what is expected of the books.

    They are kept by hand, act by act, so that they say nothing that the bridge might have said.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.received: dict[str, Decimal] = defaultdict(Decimal)
        self.owed: dict[str, Decimal] = {}
        self.surplus: set[str] = set()
        self._desk = world.shop.desk(world.clock)

    def place(self, order: RetailOrder) -> None:
        self.expect(order)
        self.world.place(order)

    def expect(self, order: RetailOrder) -> None:
        """An order will be placed."""
        self.received[order.order_id] = order.total if order.payment is PaymentKind.CAPTURED else ZERO
        self.owed[order.order_id] = order.total

    # --- money -------------------------------------------------------------------------------------------

    def capture(self, order: RetailOrder, amount: Decimal) -> None:
        self._desk.capture(order, amount)
        self.received[order.order_id] += amount
        self.world.announce()

    def give_back(self, order: RetailOrder, amount: Decimal) -> None:
        """Money, and so much less is owed."""
        self._desk.refund(order, amount)
        self._is_given_back(order, amount)

    def give_back_surplus(self, order: RetailOrder, amount: Decimal) -> None:
        """Money that was never charged."""
        self.surplus.add(f"psp-{order.order_id}-{self._desk.refund(order, amount)}")
        self.received[order.order_id] -= amount
        self.world.announce()

    def take_back(self, order: RetailOrder, goods: Sequence[Returned], amount: Decimal) -> None:
        """Goods come back and are refunded; the return completes by itself. Without goods, money alone."""
        self._desk.return_goods(order, goods, amount)
        self._is_given_back(order, amount)

    def charge_back(self, order: RetailOrder, amount: Decimal) -> None:
        self._desk.charge_back(order, amount)
        self.received[order.order_id] -= amount
        self.world.announce()

    def win_chargeback(self, order: RetailOrder, amount: Decimal) -> None:
        self._desk.win_chargeback(order, amount)
        self.received[order.order_id] += amount
        self.world.announce()

    def give_back_too_much(self, order: RetailOrder) -> None:
        """More than was charged: the order waits for a person, and its shop is told so."""
        name = order.order_id
        self._desk.refund(order, order.total + _PART)
        self.world.judges[name] = partial(is_parked, self.world, name, "REFUND_ABOVE_INVOICE")
        self.world.announce()

    def _is_given_back(self, order: RetailOrder, amount: Decimal) -> None:
        self.received[order.order_id] -= amount
        self.owed[order.order_id] -= amount
        self.world.announce()

    # --- the order ---------------------------------------------------------------------------------------

    def cancel(self, order: RetailOrder) -> None:
        """What was paid is owed until it is given back."""
        self.world.ordercloud.switches.put({"cancel_open_orders": "allowed"})
        self._desk.cancel(order)
        self.owed[order.order_id] = self.received[order.order_id]
        self.world.announce()

    def change(self, order: RetailOrder, how: Change) -> RetailOrder:
        """The order as it is then. What it came down by is owed as far as it was paid, until it is given back."""
        changed = how(self._desk, order)
        owed = max(changed.total, self.received[order.order_id])
        self.owed[order.order_id] = owed
        self.world.announce()
        return changed


# --- what happens to many orders ----------------------------------------------------------------------------


def refunded(desk: Desk, order: RetailOrder) -> None:
    """All of it; what was not paid is cancelled."""
    if desk.received[order.order_id]:
        desk.give_back(order, order.total)
    else:
        desk.cancel(order)


def refunded_in_parts(desk: Desk, order: RetailOrder) -> None:
    """Twice a part; what was not paid comes down by its book."""
    if not desk.received[order.order_id]:
        edited_down(desk, order)
        return
    desk.give_back(order, _PART)
    desk.world.plan(_LATER, partial(desk.give_back, order, _PART))


def cancelled(desk: Desk, order: RetailOrder) -> None:
    desk.cancel(order)
    if held := desk.received[order.order_id]:
        desk.world.plan(_LATER, partial(desk.give_back, order, held))


def edited_up(desk: Desk, order: RetailOrder) -> None:
    """Delivery costs more; who has paid pays the rest later."""
    dearer = desk.change(order, lambda shop, sold: shop.set_shipping(sold, _MORE))
    if desk.received[order.order_id]:
        desk.world.plan(_LATER, partial(desk.capture, dearer, dearer.total - order.total))


def edited_down(desk: Desk, order: RetailOrder) -> None:
    """The book is left out; who has paid it gets its money later."""
    less = desk.change(order, lambda shop, sold: shop.remove_line(sold, "BOOK"))
    if desk.received[order.order_id]:
        desk.world.plan(_LATER, partial(desk.give_back, less, order.total - less.total))


Story = Callable[[Desk, RetailOrder], None]
REFUNDS: tuple[Story, ...] = (refunded, refunded_in_parts)
STORIES: tuple[Story, ...] = (*REFUNDS, cancelled, edited_up, edited_down)
