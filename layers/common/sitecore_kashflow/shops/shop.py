"""What a shop must offer: orders read, orders listed, and reports taken. A door loads the part that it uses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from ..canonical.report import Report

if TYPE_CHECKING:
    from ..canonical.order import MoneyHeld, Order, OrderStanding
    from ..rules.model import OrderRules, Rules


class Reading(Protocol):
    """An order as it was just read.

    `reported` is a digest of what it says of us (`ShopAudience.digest`), empty if it says nothing, None if it cannot be
    asked. `invoiced_as` is the number of the invoice that it says it has, if that was said of another order's id.
    """

    @property
    def id(self) -> str: ...

    @property
    def status(self) -> str: ...

    @property
    def reported(self) -> str | None: ...

    @property
    def invoiced_as(self) -> str: ...

    def standing(self, rules: "OrderRules") -> "OrderStanding":
        """What its status means for the books. Raises `PermanentError` for a status that no rule covers."""

    def money(self, rules: "Rules") -> "MoneyHeld":
        """The money that came in for it, and what was given back. Asked of a cancelled order."""

    def order(self, rules: "Rules") -> "Order":
        """The canonical order, with its payments. Raises `PermanentError` for what a person must decide."""


@dataclass(frozen=True)
class ListedOrder:
    """An order in a list. `version` differs after every change of the order; it is empty if the list does not say.

    `place` is where the list goes on after it, if that is not its id.
    """

    id: str
    version: str
    place: str = ""


class ShopOrders(Protocol):
    """A shop's orders, one by one."""

    def read(self, order_id: str) -> Reading | None:
        """The order, or None if there is no such order."""


class ShopLists(Protocol):
    """Which orders a shop has: each method lists a page of them by id, after `last_id`, the place of the last one."""

    def changed_since(self, moment: datetime, last_id: str) -> Sequence[ListedOrder]:
        """Submitted orders that changed after a moment."""

    def returns_changed_since(self, moment: datetime, last_id: str) -> Sequence[ListedOrder]:
        """The orders of returns that changed after a moment, which may have left the order itself as it was."""

    def placed_between(self, first: datetime, last: datetime, last_id: str) -> Sequence[ListedOrder]:
        """Orders that were submitted from `first` on and before `last`."""


class ShopAudience(Protocol):
    """Where a shop is told what became of its orders."""

    def report(self, order_id: str, report: Report, now: datetime) -> bool:
        """Write in the shop what became of the order. False if the shop has no such order (any more)."""

    def digest(self, report: Report) -> str:
        """A digest that is equal for equal reports."""


Shops = Callable[[str], ShopOrders]
"""Returns the orders of the shop of a source, such as `ordercloud`."""

Lists = Callable[[str], ShopLists]
Audiences = Callable[[str], ShopAudience]
