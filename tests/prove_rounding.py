"""`make prove-rounding RUNS=1000`: shops that round VAT, and whether the alarm for rounding down tells them apart.

Amounts are whole pennies, exact VAT is in hundredths of a penny; the arithmetic is the proof's own. The decision is the
bridge's (`Drift.is_downward`), asked after each order that is off. The first orders of each run go through the bridge's
own arithmetic too, which must come to the same.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from random import Random

from sitecore_kashflow.documents.vat_drift import Drift
from sitecore_kashflow.plan.vat import Treatment
from sitecore_kashflow.plan.vat_rounding import TaxedItem, allocate_vat

Lines = list[tuple[int, int]]
"""Net in pennies and percentage of each line."""

_COMPARED = 20
_NOTICED_WITHIN = 200
_TREATMENTS = {rate: Treatment("standard", Decimal(rate), "taxable", "test") for rate in (20, 5)}


def uniform(random: Random) -> Lines:
    """One to three things, at any price from 1.00 to 99.99, one in five at the reduced rate."""
    return [(random.randrange(100, 10_000), random.choice((20, 20, 20, 20, 5))) for _ in range(random.randrange(1, 4))]


def one_price(random: Random) -> Lines:
    """One to three things at 4.99, the only price that the shop has."""
    return [(499, 20)] * random.randrange(1, 4)


def by_line(lines: Lines) -> int:
    return sum((net * rate + 50) // 100 for net, rate in lines)


def on_total(lines: Lines) -> int:
    return (sum(net * rate for net, rate in lines) + 50) // 100


def by_percentage(lines: Lines) -> int:
    sums = {rate: sum(net for net, one in lines if one == rate) for _, rate in lines}
    return sum((net * rate + 50) // 100 for rate, net in sums.items())


def down(lines: Lines) -> int:
    """What no shop may do."""
    return sum(net * rate for net, rate in lines) // 100


def drift_of(lines: Lines, tax: int) -> int:
    """What was charged minus the nearest lawful rounding."""
    return min((tax - way(lines) for way in (by_line, by_percentage, on_total)), key=abs)


@dataclass(frozen=True)
class Shop:
    """What it sells, and how it rounds."""

    name: str
    sell: Callable[[Random], Lines]
    charge: Callable[[Lines], int]
    is_honest: bool = True


HONEST = tuple(
    Shop(f"{prices}, rounded {way}", sell, charge)
    for prices, sell in (("any price", uniform), ("one price", one_price))
    for way, charge in (("by line", by_line), ("on the total", on_total), ("by percentage", by_percentage))
)
DISHONEST = tuple(
    Shop(f"{prices}, always rounded down", sell, down, is_honest=False)
    for prices, sell in (("any price", uniform), ("one price", one_price))
)


def alarm(shop: Shop, orders: int, seed: int) -> int | None:
    """The order after which the alarm goes off; None if it never does. Raises `AssertionError` for another drift."""
    random, drift = Random(f"{shop.name} {seed}"), Drift()
    for number in range(1, orders + 1):
        lines = shop.sell(random)
        tax = shop.charge(lines)
        part = drift_of(lines, tax)
        if number <= _COMPARED:
            items = [TaxedItem(Decimal(net) / 100, _TREATMENTS[rate]) for net, rate in lines]
            if allocate_vat(items, Decimal(tax) / 100, "GBP").drift * 100 != part:
                raise AssertionError(f"{shop.name}, seed {seed}: {lines} with {tax} of VAT is not off by {part}")
        if part:
            drift = drift.plus(Decimal(part))
            if drift.is_downward:
                return number
    return None


def by_chance(orders: int, seed: int) -> int | None:
    """The same for a shop that is a penny off on each order, either way: chance, not a habit."""
    random, drift = Random(f"chance {seed}"), Drift()
    for number in range(1, orders + 1):
        drift = drift.plus(Decimal(random.choice((-1, 1))))
        if drift.is_downward:
            return number
    return None


def verdicts(runs: int, orders: int, every: Callable[..., Iterator[int | None]]) -> Iterator[tuple[str, bool]]:
    """For each kind of shop a sentence, and whether all is as it should be. `every` maps as `Pool.imap` does."""
    for shop in HONEST:
        alarms = sum(one is not None for one in every(partial(alarm, shop, orders), range(runs)))
        yield f"{shop.name}: {alarms} of {runs:,} runs of {orders:,} orders alarm.", alarms <= _few(runs)
    alarms = sum(one is not None for one in every(partial(by_chance, orders), range(runs)))
    yield f"a penny off on each order, up or down by chance: {alarms} of {runs:,} runs alarm.", alarms <= _few(runs)
    for shop in DISHONEST:
        noticed = list(every(partial(alarm, shop, _NOTICED_WITHIN), range(runs)))
        seen = [one for one in noticed if one is not None]
        last = f", the last one after {max(seen)} orders" if seen else ""
        yield f"{shop.name}: {len(seen):,} of {runs:,} are noticed{last}.", len(seen) == runs


def _few(runs: int) -> int:
    """Five in a thousand."""
    return runs * 5 // 1000


def main(arguments: Sequence[str]) -> int:
    """Returns 0 only if honest shops are left alone, and the others are noticed."""
    parser = argparse.ArgumentParser(prog="make prove-rounding")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--orders", type=int, default=5000)
    options = parser.parse_args(arguments)
    began, is_right = time.perf_counter(), True
    with multiprocessing.Pool(os.cpu_count() or 1) as pool:
        for words, is_as_it_should_be in verdicts(options.runs, options.orders, partial(pool.imap, chunksize=10)):
            print(f"{'     ' if is_as_it_should_be else 'WRONG'} {words}", flush=True)
            is_right &= is_as_it_should_be
    print(f"{time.perf_counter() - began:.0f} s.")
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
