"""`make prove-money ORDERS=1000000`: orders made from the invoice side, mapped by the bridge, held against the answer.

Each invoice is also worked out in every way in which KashFlow may deal with its VAT. A share of the orders lives on:
what is given back, edited or cancelled of them is held against arithmetic of its own (`made_lives`).

Prints counts, rate and any counter-example with its seed; `SEED=` begins elsewhere, `ORDERS=1 SEED=n` repeats one.
"""

import argparse
import gc
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from random import Random

from tests.made_invoices import faults, make_case
from tests.made_lives import faults_after, has_life

_CHUNK = 2000
_SHOWN = 10


def prove(span: range) -> tuple[Counter[str], list[str]]:
    """Counts by outcome for the seeds of a span, and what was wrong with which seed."""
    counts: Counter[str] = Counter()
    wrong = []
    for seed in span:
        case = make_case(Random(seed))
        fault = faults(case) or faults_after(case)
        counts["lines"] += len(case.lines)
        counts["lives"] += has_life(case)
        if not fault:
            counts["arguable" if case.is_arguable else "rightly parked" if case.parks else "right"] += 1
            continue
        counts["refused" if fault.startswith("refused") else "wrong"] += 1
        wrong.append(f"seed {seed} ({case.document}, {case.method}): {fault}")
    return counts, wrong


def main(arguments: Sequence[str]) -> int:
    """Prove so many orders. Returns 0 only if none was wrong and none refused."""
    parser = argparse.ArgumentParser(prog="make prove-money")
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    end = options.seed + options.orders
    spans = [range(start, min(start + _CHUNK, end)) for start in range(options.seed, end, _CHUNK)]
    workers = min(len(spans), os.cpu_count() or 1)
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    began = time.perf_counter()
    with multiprocessing.Pool(workers, initializer=gc.freeze) as pool:
        for some, faulty in pool.imap_unordered(prove, spans):
            counts += some
            wrong += faulty
    seconds = time.perf_counter() - began
    for words in sorted(wrong)[:_SHOWN]:
        print(words)
    print(
        f"{options.orders:,} orders with {counts['lines']:,} lines, seeds {options.seed} to {end - 1}, "
        f"{counts['lives']:,} of them followed after their invoice: "
        f"{counts['right']:,} right, {counts['rightly parked']:,} that nobody can explain parked, "
        f"{counts['arguable']} that may be read in two ways, "
        f"{counts['wrong']} wrong, {counts['refused']} refused."
    )
    print(f"{seconds:.0f} s on {workers} processes: {options.orders / seconds:,.0f} orders a second.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
