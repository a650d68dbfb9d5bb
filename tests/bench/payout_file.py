"""How much memory and time a large payout file takes: `python -m tests.bench.payout_file [rows]`.

It is read as the function reads it, from a stream, and packed as the ledger keeps it. Exit 1 above 256 MB.
"""

import resource
import sys
import time
from collections.abc import Iterator

from sitecore_kashflow.canonical.payout import packed_payout
from sitecore_kashflow.payouts.mappings import ready_mapping
from sitecore_kashflow.payouts.reading import read_payouts

_MOST_MEGABYTES = 256
_HEAD = (
    "automatic_payout_id,automatic_payout_effective_at,balance_transaction_id,created_utc,currency,gross,fee,net,"
    "reporting_category,source_id,charge_id,payment_intent_id,customer_facing_amount,customer_facing_currency,"
    "description,payment_metadata[order_id]\n"
)


class Made:
    """A file that is made as it is read, so that nothing of it is kept."""

    def __init__(self, rows: int) -> None:
        self._lines, self._left = lines(rows), b""

    def read(self, size: int) -> bytes:
        while len(self._left) < size and (line := next(self._lines, None)):
            self._left += line.encode()
        taken, self._left = self._left[:size], self._left[size:]
        return taken


def lines(rows: int) -> Iterator[str]:
    """One payout of so many charges, each with its fee, and its own row."""
    yield _HEAD
    net = 0
    for number in range(rows - 1):
        pennies = 1000 + number % 9000
        fee = 20 + pennies * 15 // 1000
        net += pennies - fee
        ids = f"ch_3Q{number:022},ch_3Q{number:022},pi_3Q{number:022}"
        amounts = f"{pennies / 100:.2f},{fee / 100:.2f},{(pennies - fee) / 100:.2f}"
        moment = f"2026-11-{1 + number % 20:02} 10:{number % 60:02}:00"
        yield (
            f"po_1,2026-11-25 00:00:00,txn_3Q{number:021},{moment},gbp,{amounts},charge,{ids},"
            f'{pennies / 100:.2f},gbp,"Order {number}, as placed",SO-{number}\n'
        )
    whole = f"-{net / 100:.2f}"
    yield f"po_1,2026-11-25 00:00:00,txn_po,2026-11-24 02:00:00,gbp,{whole},0.00,{whole},payout,po_1,,,,,,\n"


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(rows: int) -> int:
    before, began = megabytes(), time.perf_counter()
    (payout,) = read_payouts(Made(rows), ready_mapping("stripe"), lambda read: print(f"  {read:,} rows"))
    packed = packed_payout(payout)
    seconds = time.perf_counter() - began
    print(
        f"{rows:,} rows, {len(payout.items):,} items, {payout.amount:,} {payout.currency}; {len(packed):,} bytes; "
        f"{seconds:.1f} s; {megabytes():.0f} MB at the most, {before:.0f} MB before the first row"
    )
    return 0 if megabytes() <= _MOST_MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
