"""An ordinary shop in good health: orders by hour of the week as a real shop had them, and no alarm."""

import csv
import gzip
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from random import Random

from tests.drill.stack import stack
from tests.simulation.drive import an_order
from tests.simulation.scheduler import START

_REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "online-retail-2010-12.csv.gz"
_HOUR, _WEEK = 3600, 168


@dataclass(frozen=True)
class Health:
    """What came of some healthy days: what the alarm topic was sent, and how the orders ended."""

    sent: list[str]
    orders: int
    states: Counter[str]


@cache
def share_of_each_hour() -> tuple[float, ...]:
    """How much of a week's trade each hour has, from Monday on.

    The real orders' shares where they are on this machine; else office hours, and less at the weekend.
    """
    if not _REAL.exists():
        return tuple((1.0 if hour < 120 else 0.4) * (8 <= hour % 24 < 20) + 0.05 for hour in range(_WEEK))
    with gzip.open(_REAL, "rt", encoding="utf-8", newline="") as file:
        began = {row["InvoiceNo"]: row["InvoiceDate"] for row in csv.DictReader(file) if row["Quantity"][0] != "-"}
    moments = map(datetime.fromisoformat, began.values())
    hours = Counter(moment.weekday() * 24 + moment.hour for moment in moments)
    return tuple(float(hours[hour]) for hour in range(_WEEK))


def moments_of(orders: int, days: int) -> list[float]:
    """When so many orders are placed, in seconds from the beginning."""
    random, shares = Random("month"), share_of_each_hour()
    first = START.weekday() * 24 + START.hour
    hours = range(days * 24 - 1)
    chosen = random.choices(hours, [shares[(first + hour) % _WEEK] for hour in hours], k=orders)
    return sorted((hour + random.random()) * _HOUR for hour in chosen)


def healthy(days: int, orders: int) -> Health:
    """So many orders over so many days: nothing fails but a webhook in twenty, which never arrives."""
    with stack() as it:
        it.world.dropped = 0.05
        for number, moment in enumerate(moments_of(orders, days)):
            it.world.plan(moment, partial(it.world.place, an_order(number, max(1, orders // 4))))
        it.run(days * 24 * _HOUR)
        states = Counter(str(it.world.state(f"SO-{number}").get("state")) for number in range(orders))
        return Health([f"{change.alarm} {change.new}" for change in it.sent], orders, states)
