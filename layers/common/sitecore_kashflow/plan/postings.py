"""What documents put on the accounts of the books and into the boxes of the VAT return."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..canonical.invoice import InvoiceLine
from ..canonical.kinds import BANK_TRANSACTION, CHARGES
from ..canonical.money import ZERO, round_money
from ..documents.entry import Entry, Posting

NONE = "none"
_ONE = Decimal(1)


def postings_of(lines: Iterable[InvoiceLine]) -> tuple[Posting, ...]:
    """The sums of the lines for each account and box; those that come to nothing left out."""
    return _summed(Posting(line.nominal_code, line.box, line.net, line.vat) for line in lines)


@dataclass(frozen=True)
class TrialBalance:
    """What was posted for the days from `first` to `last`, in `currency`. Receipts are counted by their own days.

    `banked` is what came into bank accounts, less what left them, by transactions of their own. `undated` documents
    were posted before the ledger kept their days, and are in none of the sums.
    """

    first: date
    last: date
    currency: str
    accounts: tuple[Posting, ...]
    receipts: Decimal
    banked: Decimal
    documents: int
    undated: int

    @property
    def net(self) -> Decimal:
        return sum((one.net for one in self.accounts), ZERO)

    @property
    def vat(self) -> Decimal:
        return sum((one.vat for one in self.accounts), ZERO)

    @property
    def owed(self) -> Decimal:
        """What customers owe more than before."""
        return self.net + self.vat - self.receipts - self.banked

    @property
    def box_6(self) -> Decimal:
        """The net of all supplies, whatever their rate."""
        return sum((one.net for one in self.accounts if one.box != NONE), ZERO)


def trial_balance(entries: Iterable[Entry], first: date, last: date, home: str) -> TrialBalance:
    """The documents that stand in the books, summed in the home currency. A receipt has the rate of its invoice."""
    standing = [(one, one.standing.number) for one in entries if one.standing]
    dated = [(one, one.days, number) for one, number in standing if one.days]
    rates = {number: one.figures.rate for one, number in standing if one.figures.rate and one.figures.currency != home}
    rated = [
        (one, days, _ONE if one.figures.currency == home else rates.get(number, _ONE)) for one, days, number in dated
    ]
    received = [
        round_money(amount / rate, home)
        for one, days, rate in rated
        for payment_id, amount in one.carried.items()
        if first <= days.received[payment_id] <= last
    ]
    issued = [(one, rate) for one, days, rate in rated if first <= days.issued <= last]
    sales = [one for one, _ in issued if one.kind in CHARGES]
    banked = [one.figures.gross for one, _ in issued if one.kind == BANK_TRANSACTION]
    accounts = _summed(posting for one, rate in issued for posting in _at_home(one.postings, rate, home))
    return TrialBalance(
        first=first,
        last=last,
        currency=home,
        accounts=accounts,
        receipts=sum(received, ZERO),
        banked=sum(banked, ZERO),
        documents=len(sales),
        undated=len(standing) - len(dated),
    )


def _at_home(postings: Iterable[Posting], rate: Decimal, home: str) -> list[Posting]:
    return [
        Posting(one.account, one.box, round_money(one.net / rate, home), round_money(one.vat / rate, home))
        for one in postings
    ]


def _summed(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    sums: dict[tuple[int, str], tuple[Decimal, Decimal]] = {}
    for one in postings:
        net, vat = sums.get((one.account, one.box), (ZERO, ZERO))
        sums[one.account, one.box] = net + one.net, vat + one.vat
    return tuple(Posting(*key, *amounts) for key, amounts in sorted(sums.items()) if any(amounts))
