"""`make simulate` and `make simulate-all`: prints what happened and what is wrong, with all that repeats it."""

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from random import Random

from tests.simulation.branches import Told, explored
from tests.simulation.conditions import CALM, Conditions, conditions_of
from tests.simulation.environment import ENVIRONMENT, PUBLISHED_RULES
from tests.simulation.shops import Shop, Total, one_day, shops
from tests.simulation.walks import every_walk, pairs_of, read, walk, written

PAIRED = ("new customer", "known customer", "returned")
_SHOWN = 50


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument(
        "--faults", type=float, default=2.0, help="share of the outside calls that go wrong, in percent"
    )
    parser.add_argument(
        "--refunds", type=int, default=0, help="give money back of so many orders, instead of a mix of what may happen"
    )
    parser.add_argument(
        "--all", action="store_true", help="every fault at every call of all walks, and every pair of two, instead"
    )
    parser.add_argument(
        "--strict", action="store_true", help="calls take their time, reads are late, pages small, clocks wrong"
    )
    parser.add_argument("--pairs", type=int, help="only so many pairs a walk, drawn; 0 for single faults alone")
    parser.add_argument(
        "--in-turn", action="store_true", help="with --all: where a walk repeats a call, one fault in turn, not all"
    )
    parser.add_argument(
        "--walk", choices=every_walk(), action="append", help="with --all: only the walks that are named so"
    )
    parser.add_argument("--schedule", help="with --walk: this schedule alone, such as 12:lost,40:kill_after")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    os.environ.update(ENVIRONMENT | (PUBLISHED_RULES if options.strict else {}))
    conditions = conditions_of(is_strict=options.strict)
    if options.schedule is not None:
        return replay((options.walk or PAIRED)[0], options.schedule, conditions)
    if options.all:
        return enumerate_all(
            options.walk or list(every_walk()), options.pairs, options.processes, conditions, in_turn=options.in_turn
        )
    shop = Shop(options.seed, options.orders, options.faults / 100, options.strict, options.refunds)
    return mixed(shop, options.processes)


def mixed(whole: Shop, processes: int) -> int:
    """This many orders with the mixed faults, in independent shops."""
    orders = whole.orders
    total, began = Total(), time.monotonic()
    forks = get_context("forkserver")
    forks.set_forkserver_preload(["tests.simulation.shops"])
    with ProcessPoolExecutor(processes, forks, max_tasks_per_child=1) as pool:
        days = {pool.submit(one_day, shop): shop for shop in shops(whole)}
        for done in as_completed(days):
            total.add(days[done], *done.result())
            progress(f"{total.orders:,} of {orders:,} orders, {len(total.wrong)} violations")
    speed = 60 * total.orders / (time.monotonic() - began)
    print(f"seed {whole.seed}: {total.orders:,} orders in {len(days)} shops")
    print(f"documents: {total.invoices:,}; owed {total.ordered:,} = documents {total.invoiced:,}: ", end="")
    print("equal" if total.ordered == total.invoiced else "NOT EQUAL")
    print(f"states: {listed(total.states)}; dead letters: {total.dead_letters}")
    print(f"faults: {total.faults.total():,} ({listed(total.faults)})")
    print(f"calls to the two systems: {total.calls.total() / orders:.2f} an order")
    print(f"extra calls: {total.extra / total.measured:.3f} an order, of {total.measured:,} orders told of once")
    print(f"{speed:,.0f} orders a minute, {processes} processes")
    return told(total.wrong)


def enumerate_all(
    names: list[str], some_pairs: int | None, processes: int, conditions: Conditions, *, in_turn: bool = False
) -> int:
    """Every single fault at every call of the walks, and every pair, or so many that are drawn."""
    schedules, wrong = 0, list[str]()
    for name in names:
        deep = 2 if some_pairs is None and name in PAIRED else 1
        began, done = time.monotonic(), 0
        for stretch in explored(name, deep, processes, conditions, in_turn=in_turn):
            done += stretch.schedules
            wrong += replays(name, stretch, conditions)
            rate = done / (time.monotonic() - began)
            progress(f"{name}: {done:,} schedules, {rate:.0f} a second, {len(wrong)} violations")
        print(f"{name}: {done:,} schedules, all of {'at most two faults' if deep == 2 else 'one fault'}")
        schedules += done
    for name in names if some_pairs else []:
        for schedule, report in pairs_of(name, Random(name), some_pairs or 0, conditions):
            schedules += 1
            told_of = Told(1, [f"{written(schedule)}: {line}" for line in report.violations])
            wrong += replays(name, told_of, conditions)
    print(f"schedules: {schedules:,}")
    return told(wrong)


def replays(name: str, stretch: Told, conditions: Conditions) -> list[str]:
    """What is wrong, each with the command that plays its schedule alone."""
    command = f'make simulate-all WALK="{name}"' + ("" if conditions == CALM else " STRICT=1")
    return [f"{line}   [{command} SCHEDULE={line.partition(': ')[0]}]" for line in stretch.wrong]


def replay(name: str, schedule: str, conditions: Conditions) -> int:
    """One schedule, with the calls that were made."""
    report, sites = walk(name, read(schedule), conditions)
    faults = read(schedule)
    for at, site in enumerate(sites):
        print(f"{at:4} {site} {faults.get(at, '')}".rstrip())
    return told(report.violations)


def told(wrong: list[str]) -> int:
    """Print what is wrong; the command's exit status."""
    for line in wrong[:_SHOWN]:
        print(f"  {line}")
    print(f"violations: {len(wrong)}")
    return 1 if wrong else 0


def listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {times:,}" for name, times in sorted(counts.items()))


_last = [0.0]


def progress(words: str) -> None:
    """One line on the terminal, at most each few seconds."""
    if time.monotonic() - _last[0] > 5:
        _last[0] = time.monotonic()
        print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
