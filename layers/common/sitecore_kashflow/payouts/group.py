"""Rows that belong to one payout, and the payout that they make."""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ..canonical.days import books_date
from ..canonical.money import ZERO
from ..canonical.payout import Payout, PayoutItem
from ..rules.gateways import GatewayMapping

_NOT_IN_KEYS = re.compile(r"[\s#:]+")


class Row(NamedTuple):
    """A row as it was read. `currency` is that of the balance which it moves; `payout` is the id that it names."""

    item: PayoutItem
    meaning: str
    currency: str
    payout: str = ""
    arrives: date | None = None


@dataclass
class Group:
    """The rows of one payout. `stated` is what the file itself says that it comes to, if it does."""

    id: str
    rows: list[Row] = field(default_factory=list)
    arrives: date | None = None
    stated: Decimal | None = None

    @property
    def own_row(self) -> Row | None:
        """The row of the payout itself."""
        return next((row for row in self.rows if row.meaning == "payout"), None)

    @property
    def currency(self) -> str:
        """The currency in which it is paid out. Raises `ValueError` if nothing says which one that is."""
        own = self.own_row
        found = {own.currency} if own else {row.currency for row in self.rows}
        if len(found) != 1:
            raise ValueError(f"its rows are in {', '.join(sorted(found))}, and none is of the payout itself")
        return next(iter(found))


def payout_of_group(group: Group, mapping: GatewayMapping) -> Payout:
    """The payout of rows that are all in its currency. Raises `ValueError` if they do not come to it."""
    own, items = group.own_row, tuple(row.item for row in group.rows if row.meaning != "payout")
    name = _NOT_IN_KEYS.sub("-", group.id)[:100]
    if not name:
        raise ValueError("it has no id; see `payout.id` in the mapping")
    days = (row.arrives for row in group.rows if row.arrives is not None)
    arrives = group.arrives or next(days, None) or (books_date(own.item.at) if own else None)
    if arrives is None:
        if mapping.payout.is_booked:
            raise ValueError("nothing says when it arrives; see `payout.arrives` in the mapping")
        arrives = books_date(max(one.at for one in items))
    come_to = sum((one.net for one in items), ZERO)
    stated = group.stated if own is None else own.item.net
    if stated is not None and abs(stated) != abs(come_to):
        raise ValueError(
            f"it is of {abs(stated)} {group.currency}, its {len(items)} items come to {come_to} ({_by_kind(items)})"
        )
    return Payout(mapping.gateway, name, group.currency, come_to if mapping.payout.is_booked else None, arrives, items)


def _by_kind(items: tuple[PayoutItem, ...]) -> str:
    sums: dict[str, Decimal] = {}
    fees = sum((one.fee for one in items), ZERO)
    for one in items:
        sums[one.kind] = sums.get(one.kind, ZERO) + one.settled
    return ", ".join([*(f"{kind.replace('_', ' ')} {amount}" for kind, amount in sums.items()), f"fees -{fees}"])
