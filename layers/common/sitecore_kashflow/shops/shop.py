"""What a shop must offer: reading an order, listing orders, and taking reports. Events come in by `front_door`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..canonical.order import Order, OrderStanding
from ..canonical.report import Report
from ..rules.model import OrderRules, Rules


class Reading(Protocol):
    """An order as it was just read.

    `reported` is a digest of what it says of us (`Shop.digest`), empty if it says nothing, None if it cannot be asked.
    """

    @property
    def status(self) -> str: ...

    @property
    def reported(self) -> str | None: ...

    def standing(self, rules: OrderRules) -> OrderStanding:
        """What its status means for the books. Raises `PermanentError` for a status that no rule covers."""

    def order(self, rules: Rules) -> Order:
        """The canonical order, with its payments. Raises `PermanentError` for what a person must decide."""


@dataclass(frozen=True)
class ListedOrder:
    """An order in a list. `version` differs after every change of the order."""

    id: str
    version: str


class Shop(Protocol):
    """One system that sells. `changed_since` and `placed_between` list a page of orders by id, after `last_id`."""

    def read(self, order_id: str) -> Reading | None:
        """The order, or None if there is no such order."""

    def changed_since(self, moment: datetime, last_id: str) -> Sequence[ListedOrder]:
        """Submitted orders that changed after a moment."""

    def placed_between(self, first: datetime, last: datetime, last_id: str) -> Sequence[ListedOrder]:
        """Orders that were submitted from `first` on and before `last`."""

    def report(self, order_id: str, report: Report, now: datetime) -> None:
        """Write in the shop what became of the order."""

    def digest(self, report: Report) -> str:
        """A digest that is equal for equal reports."""


Shops = Callable[[str], Shop]
"""Returns the shop of a source, such as `ordercloud`."""
