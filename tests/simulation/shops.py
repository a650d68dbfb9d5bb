"""Many orders: independent shops, each with a seed of its own, over all cores; and what they come to together."""

import gc
import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tests.simulation.calls import told_once
from tests.simulation.conditions import conditions_of
from tests.simulation.drive import Day, Report, play
from tests.simulation.environment import ENVIRONMENT, PUBLISHED_RULES
from tests.simulation.faults import Mixed

_MOST_ORDERS = 2_500
_MEASURED = 50
_CHANGED = 0.1


@dataclass(frozen=True)
class Shop:
    """One shop's day with the mixed plan. `share` of the calls to the outside systems go wrong.

    Something happens to a tenth of its orders after the sale; or money is given back of so many (`refunds`).
    """

    seed: int
    orders: int
    share: float
    is_strict: bool = False
    refunds: int = 0

    @property
    def again(self) -> str:
        """The command that plays this shop alone."""
        further = (f" REFUNDS={self.refunds}" if self.refunds else "") + (" STRICT=1" if self.is_strict else "")
        return f"make simulate SEED={self.seed} ORDERS={self.orders} FAULTS={100 * self.share:g}{further}"

    @property
    def day(self) -> Day:
        changed = 0 if self.refunds else _CHANGED
        conditions = conditions_of(is_strict=self.is_strict)
        return Day(self.orders, conditions=conditions, changed=changed, refunds=self.refunds)


@dataclass
class Total:
    """What all shops come to. `extra` counts the calls that faults cost, over `measured` orders."""

    orders: int = 0
    invoices: int = 0
    ordered: Decimal = Decimal(0)
    invoiced: Decimal = Decimal(0)
    dead_letters: int = 0
    extra: int = 0
    measured: int = 0
    states: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, shop: Shop, day: Report, faults: Counter[str], extra: int, measured: int) -> None:
        self.orders += day.orders
        self.invoices += day.invoices
        self.ordered += day.ordered
        self.invoiced += day.invoiced
        self.dead_letters += day.dead_letters
        self.extra += extra
        self.measured += measured
        self.states += day.states
        self.calls += day.calls
        self.faults += faults
        self.wrong += [f"{line}   [{shop.again}]" for line in day.violations]


def shops(whole: Shop) -> Iterator[Shop]:
    """Its orders in shops of at most 2,500. The first has the seed itself, so that each can be played alone."""
    for number, begun in enumerate(range(0, whole.orders, _MOST_ORDERS)):
        text = f"{whole.seed}/{number}".encode()
        own = int.from_bytes(hashlib.sha256(text).digest()[:6]) if number else whole.seed
        orders = min(_MOST_ORDERS, whole.orders - begun)
        refunds = whole.refunds * (begun + orders) // whole.orders - whole.refunds * begun // whole.orders
        yield replace(whole, seed=own, orders=orders, refunds=refunds)


def one_day(shop: Shop) -> tuple[Report, Counter[str], int, int]:
    """The shop's day, the faults that were played, and extra calls over so many orders of a day told once.

    For a process of its own: the garbage fits into memory, and goes with it.
    """
    os.environ.update(ENVIRONMENT | (PUBLISHED_RULES if shop.is_strict else {}))
    gc.disable()
    faults = Mixed(shop.seed, shop.share)
    day = play(shop.seed, shop.day, faults)
    measured = min(shop.orders, _MEASURED)
    once = told_once(shop.seed, measured, shop.share)
    day.violations += once.day.violations
    return day, faults.played, once.extra, measured
