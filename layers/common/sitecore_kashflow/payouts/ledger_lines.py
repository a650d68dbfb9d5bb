"""The payment lines that the books hold of a gateway's payments, as the ledger knows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..canonical.kinds import BANK_TRANSACTION
from ..canonical.money import ZERO, round_money
from ..documents.entry import Entry

_ONE = Decimal(1)


@dataclass(frozen=True)
class PaidLine:
    """What all documents of an order show of one payment; negative for money that went back.

    `reference` is the gateway's id of it, `account` the books' id of the bank account, `home` its amount in the
    currency of the books. `rate` (foreign units for one home unit) and `sold_in` are those of its sale.
    """

    order: str
    payment_id: str
    reference: str
    account: int
    day: date
    amount: Decimal
    currency: str
    home: Decimal
    sold_in: str = ""
    rate: Decimal = _ONE


def paid_lines(order: str, entries: Iterable[Entry], home: str) -> list[PaidLine]:
    """The lines of an order's settled documents, one for each payment; what comes to nothing is left out."""
    settled = [one for one in entries if one.is_settled]
    rates = {one.standing.number: one.figures.rate for one in settled if one.standing and one.figures.rate}
    found: dict[tuple[str, str], PaidLine] = {}
    for entry in settled:
        rate = entry.figures.rate or rates.get(entry.on or 0) or _ONE
        for name, banked in entry.banked.items():
            amount = entry.figures.gross if entry.kind == BANK_TRANSACTION else entry.carried.get(name, ZERO)
            before = found.get((_payment(entry, name), banked.reference))
            line = PaidLine(
                order=order,
                payment_id=_payment(entry, name),
                reference=banked.reference,
                account=banked.account,
                day=entry.days.received.get(name, entry.days.issued) if entry.days else date.min,
                amount=amount + (before.amount if before else ZERO),
                currency=entry.figures.currency,
                home=_at_home(amount, entry, rate, home) + (before.home if before else ZERO),
                sold_in=entry.figures.sold_in or entry.figures.currency,
                rate=rate,
            )
            found[line.payment_id, line.reference] = line
    return [line for line in found.values() if line.amount or line.home]


def _payment(entry: Entry, name: str) -> str:
    """The shop's id of the payment; a bank transaction is named by its order and that."""
    return name.partition(" ")[2] or name if entry.kind == BANK_TRANSACTION else name


def _at_home(amount: Decimal, entry: Entry, rate: Decimal, home: str) -> Decimal:
    return amount if entry.figures.currency == home else round_money(amount / rate, home)
