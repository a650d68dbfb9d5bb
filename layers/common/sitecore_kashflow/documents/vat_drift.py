"""What shops charged minus the nearest lawful rounding, summed up with its sign, day by day (docs/vat.md)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key

from ..canonical.money import ZERO
from ..tables.items import Items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_PK = "VAT_DRIFT"
_DAYS = 92
_BEYOND_CHANCE = 4


@dataclass(frozen=True)
class Drift:
    """The sum, in minor units, and that of the squares of its parts. A shop that rounds as the law has it has none."""

    total: Decimal = ZERO
    squares: Decimal = ZERO

    def plus(self, part: Decimal) -> "Drift":
        return Drift(self.total + part, self.squares + part * part)

    @property
    def bound(self) -> Decimal:
        """What chance explains: parts of either sign come to less than four times this root."""
        return _BEYOND_CHANCE * self.squares.sqrt()

    @property
    def is_downward(self) -> bool:
        """Whether chance does not explain it."""
        return self.total < -self.bound


class DriftStore:
    """One item for each day on which the VAT of an invoice was not the nearest lawful rounding."""

    def __init__(self, table: "Table") -> None:
        self._items = Items(table)

    def add(self, day: date, part: Decimal) -> Drift:
        """Add to a day; returns the drift since a quarter before it."""
        key = {"pk": _PK, "sk": day.isoformat()}
        names = {"#total": "total"}
        values = {":part": part, ":square": part * part}
        self._items.update(key, "ADD #total :part, squares :square", values, names=names)
        return self.since(day - timedelta(days=_DAYS))

    def since(self, first: date) -> Drift:
        """The drift from a day on."""
        return self.between(first, date.max)

    def between(self, first: date, last: date) -> Drift:
        """The drift of some days, both included."""
        condition = Key("pk").eq(_PK) & Key("sk").gte(first.isoformat())
        found = self._items.query(KeyConditionExpression=condition, ConsistentRead=True)
        days = [one for one in found if str(one["sk"]) <= last.isoformat()]
        return Drift(
            sum((Decimal(one["total"]) for one in days), ZERO), sum((Decimal(one["squares"]) for one in days), ZERO)
        )
