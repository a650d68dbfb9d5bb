"""What a shop is to the bridge, part by part, so that a door loads the part it uses: orders read, listed, told of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from ..canonical.report import Report

if TYPE_CHECKING:
    from ..canonical.order import Order, OrderStanding
    from ..rules.model import OrderRules, Rules


class Reading(Protocol):
    """An order as it was just read.

    `reported` is a digest of what it says of us (`ShopAudience.digest`), empty if it says nothing.
    """

    status: str
    reported: str

    def standing(self, rules: "OrderRules") -> "OrderStanding":
        """What its status means for the books. Raises `PermanentError` for one that no rule knows."""

    def order(self, rules: "Rules") -> "Order":
        """The order in our words, with its payments. Raises `PermanentError` for what a person must settle."""


@dataclass(frozen=True)
class Changed:
    """An order in a list. `version` differs after every change of it."""

    id: str
    version: str


class ShopOrders(Protocol):
    """A shop's orders, one by one."""

    def read(self, order_id: str) -> Reading | None:
        """The order, or None if there is no such order."""


class ShopLists(Protocol):
    """Which orders a shop has: each method lists a page of them by id, after `last_id`."""

    def changed_since(self, moment: datetime, last_id: str) -> Sequence[Changed]:
        """Submitted orders that changed after a moment."""

    def placed_between(self, first: datetime, last: datetime, last_id: str) -> Sequence[Changed]:
        """Orders that were submitted from `first` on and before `last`."""


class ShopAudience(Protocol):
    """Those in a shop who want to know what becomes of its orders."""

    def report(self, order_id: str, report: Report, now: datetime) -> None:
        """Tell the shop what became of the order."""

    def digest(self, report: Report) -> str:
        """The same for reports that say the same."""


Shops = Callable[[str], ShopOrders]
"""Gives the orders of the shop of a source, such as `ordercloud`."""

Lists = Callable[[str], ShopLists]
Audiences = Callable[[str], ShopAudience]
