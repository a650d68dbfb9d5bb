"""`make cancellations`: a month of a real shop and what came back of it, on virtual time, and what the books say."""

import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

from sandbox.retail_returns import GoodsBack, Month, Unmatched, customers_with_cancellations, retail_month
from sandbox.shared.arguments import OneSentence, whole_number
from sandbox.witness import Books
from tests.simulation.environment import ENVIRONMENT, KASHFLOW
from tests.simulation.world import World

ZERO = Decimal(0)
_HOOKS = (
    ("POST", "v1/orders/{direction}/{orderID}/submit"),
    ("POST", "v1/orders/{direction}/{orderID}/payments/{paymentID}/transactions"),
)


@dataclass(frozen=True)
class Outcome:
    """The month as the file has it, and what the books hold of it; all without VAT.

    `waiting` has the reason code of each order that is not settled.
    """

    month: Month
    invoices: Decimal
    credit_notes: Decimal
    number_of_notes: int
    waiting: dict[str, str]

    @property
    def unmatched(self) -> Decimal:
        return sum((one.net for one in self.month.unmatched), ZERO)

    @property
    def unsettled(self) -> Decimal:
        """Orders that wait for a person are not in the books, and what came back of them is not either."""
        sold = (one.order.total - one.order.tax for one in self.month.sales if one.order.order_id in self.waiting)
        back = (one.net for one in self.month.returns if one.order.order_id in self.waiting)
        return sum(sold, ZERO) - sum(back, ZERO)

    @property
    def expected(self) -> Decimal:
        """The net of the file less what is no sale, what matches none, and what waits."""
        return self.month.net - self.month.others - self.unmatched - self.unsettled

    @property
    def booked(self) -> Decimal:
        return self.invoices + self.credit_notes


def play(month: Month) -> Outcome:
    """Place every order, and take back what came back, each at its own moment of the month."""
    world = World(1, hooks=_HOOKS)
    try:
        began = month.sales[0].at
        for sale in month.sales:
            world.plan((sale.at - began).total_seconds(), partial(world.place, sale.order))
        for back in month.returns:
            world.plan((back.at - began).total_seconds() + 1, partial(take_back, world, back))
        world.run()
        with Books(KASHFLOW, transport=world.kashflow.transport) as books:
            rows = books.rows()
        states = {one.order.order_id: world.state(one.order.order_id) for one in month.sales}
    finally:
        world.close()
    nets = {kind: [row["NetAmount"] for row in rows if row["Type"] == kind] for kind in ("Invoice", "Credit Note")}
    return Outcome(
        month=month,
        invoices=sum(nets["Invoice"], ZERO),
        credit_notes=sum(nets["Credit Note"], ZERO),
        number_of_notes=len(nets["Credit Note"]),
        waiting={name: str(one.get("reason_code")) for name, one in states.items() if one.get("state") not in _SETTLED},
    )


_SETTLED = ("invoiced", "paid", "credited")


def take_back(world: World, back: GoodsBack) -> None:
    if back.net:
        world.shop.desk(world.clock).return_goods(back.order, back.goods, back.net + back.vat)
        world.announce()


def report(outcome: Outcome) -> Iterator[str]:
    """The sums, and by its number each cancellation that matches no sale."""
    month = outcome.month
    sums = (
        (f"the file: {len(month.sales)} orders and what came back", month.net),
        ("less invoices that are no sale", -month.others),
        (f"less {len(month.unmatched)} lines of cancellations that match no sale", -outcome.unmatched),
        (f"less {len(outcome.waiting)} orders that wait for a person", -outcome.unsettled),
        ("should be in the books", outcome.expected),
        ("invoices", outcome.invoices),
        (f"{outcome.number_of_notes} credit notes", outcome.credit_notes),
        ("are in the books", outcome.booked),
    )
    yield from (f"{words:60}{amount:>14,.2f}" for words, amount in sums)
    yield "Equal to the penny." if outcome.expected == outcome.booked else "DIFFERENT."
    yield from (f"{name} waits: {code}" for name, code in outcome.waiting.items())
    yield from _of_no_sale(month.unmatched)


def _of_no_sale(unmatched: Sequence[Unmatched]) -> Iterator[str]:
    by_reason: dict[str, list[Unmatched]] = defaultdict(list)
    for one in unmatched:
        by_reason[one.reason].append(one)
    for reason, lines in by_reason.items():
        names = dict.fromkeys(one.invoice_no for one in lines)
        yield f"\n{reason}: {len(lines)} lines, {sum((one.net for one in lines), ZERO):,.2f}"
        yield f"  {', '.join(f'{name} ({_products(name, lines)})' for name in names)}"


def _products(invoice_no: str, lines: Sequence[Unmatched]) -> str:
    return " ".join(one.product_id for one in lines if one.invoice_no == invoice_no)


def main() -> int:
    parser = OneSentence(prog="cancellations", description="What came back of a month of a real shop, in the books.")
    parser.add_argument("--orders", type=Path, required=True, help="an Online Retail file (csv.gz)")
    parser.add_argument("--limit", type=whole_number, help="so many customers with cancellations instead of all sales")
    options = parser.parse_args()
    if not options.orders.exists():
        parser.error(f"there is no file {options.orders}")
    os.environ.update(ENVIRONMENT)
    customers = customers_with_cancellations(options.orders, options.limit) if options.limit else None
    outcome = play(retail_month(options.orders, customers))
    for words in report(outcome):
        print(words)
    return 0 if outcome.expected == outcome.booked else 1


if __name__ == "__main__":
    sys.exit(main())
