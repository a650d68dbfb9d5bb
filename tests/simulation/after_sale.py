"""What the shop does to orders that it has sold, and what the books must come to then."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal

from sandbox.retail_order import PaymentKind, RetailOrder
from sandbox.service_desk import Returned, ServiceDesk
from tests.simulation.world import World

ZERO = Decimal(0)
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
        self.surplus.add(f"P1/{self._desk.refund(order, amount)}")
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
