"""`make simulate` and `make simulate-all`: prints what happened and what is wrong, with all that repeats it."""

import argparse
import os
import sys
import time
from itertools import islice

from tests.simulation.drive import play
from tests.simulation.environment import ENVIRONMENT
from tests.simulation.faults import Chosen, Mixed
from tests.simulation.singles import WALKS, pairs, singles, walk


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--faults", type=float, default=2.0, help="share of the calls that go wrong, in percent")
    parser.add_argument("--all", action="store_true", help="every single fault at every call instead")
    parser.add_argument("--pairs", type=int, default=0, help="so many pairs of faults a walk besides")
    options = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    return enumerate_all(options.pairs) if options.all else mixed(options.seed, options.orders, options.faults / 100)


def mixed(seed: int, orders: int, share: float) -> int:
    """A shop's day without faults, then the same day with them."""
    calm = play(seed, orders)
    faults = Mixed(seed, share)
    began = time.monotonic()
    report = play(seed, orders, faults if share else Chosen())
    speed = 60 * orders / (time.monotonic() - began)
    print(f"seed {seed}: {report.orders} orders, {report.invoices} invoices, {report.states}")
    print(f"faults: {sum(faults.played.values())} {dict(sorted(faults.played.items()))}")
    print(f"calls an order: {report.calls / orders:.2f}, without faults {calm.calls / orders:.2f}", end=" ")
    print("(a delay may let events share a run, so the first can be the smaller)")
    print(f"{speed:.0f} orders a minute")
    return told([*calm.violations, *report.violations], f"SEED={seed} ORDERS={orders} FAULTS={100 * share:g}")


def enumerate_all(some_pairs: int) -> int:
    """Every single fault at every call of every walk; the first pairs."""
    schedules, wrong = 0, []
    for name in WALKS:
        for plan in (*singles(name), *islice(pairs(name), some_pairs)):
            schedules += 1
            wrong += [f"{name} {plan}: {line}" for line in walk(name, plan)[0].violations]
    print(f"schedules: {schedules}")
    return told(wrong, "make simulate-all")


def told(wrong: list[str], again: str) -> int:
    """Print what is wrong; the command's exit status."""
    for line in wrong[:50]:
        print(f"  {line}")
    print(f"violations: {len(wrong)}" + (f"; repeat with {again}" if wrong else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
