"""What a shop is to the bridge: it can recognise what concerns a subject, read it, list changes, and be told."""

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
        """What its status means for the books. Raises `PermanentError` for one that no rule knows."""

    def order(self, rules: Rules) -> Order:
        """The order in our words, with its payments. Raises `PermanentError` for what a person must settle."""


@dataclass(frozen=True)
class Changed:
    """An order in a list. `version` differs after every change of it."""

    id: str
    version: str


class Shop(Protocol):
    """One system that sells. `changed_since` and `placed_between` list a page of orders by id, after `last_id`."""

    def read(self, order_id: str) -> Reading | None:
        """The order, or None if there is no such order."""

    def changed_since(self, moment: datetime, last_id: str) -> Sequence[Changed]:
        """Submitted orders that changed after a moment."""

    def placed_between(self, first: datetime, last: datetime, last_id: str) -> Sequence[Changed]:
        """Orders that were submitted from `first` on and before `last`."""

    def report(self, order_id: str, report: Report, now: datetime) -> None:
        """Tell the shop what became of the order."""

    def digest(self, report: Report) -> str:
        """The same for reports that say the same."""


Shops = Callable[[str], Shop]
"""Gives the shop of a source, such as `ordercloud`."""
