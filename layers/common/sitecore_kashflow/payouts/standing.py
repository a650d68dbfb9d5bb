"""Payouts and clearing accounts as the ledger knows them, for whoever closes a month."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..canonical.kinds import BANK_TRANSACTION
from ..canonical.money import ZERO
from ..canonical.payout import Payout
from ..documents.entry import Entries, Entry
from .booking import transfer_name
from .ledger_lines import PaidLine, paid_lines
from .matching import Match, unmatched


@dataclass(frozen=True)
class PayoutStanding:
    """A payout, its state on the bridge, and what of it needs to be looked at."""

    payout: Payout
    state: str
    code: str
    items: tuple[Match, ...]

    @property
    def is_booked(self) -> bool:
        return self.state == "booked"


def standing_of(payout: Payout, state: str, code: str, matches: Iterable[Match]) -> PayoutStanding:
    """How a payout stands; matched items are left out."""
    return PayoutStanding(payout, state, code, tuple(unmatched(matches)))


def is_booked(payout: Payout, entries: Entries) -> bool:
    """Whether all of it is in the books: the transfer is posted last."""
    transfer = entries.get(BANK_TRANSACTION, transfer_name(payout))
    return transfer is not None and transfer.is_settled


def clearing_balances(
    documents: Mapping[str, Iterable[Entry]], last: date, home: str, codes: Mapping[int, int]
) -> dict[int, Decimal]:
    """What is on each bank account at the end of a day, by its id in the books, as far as the bridge has posted it.

    `documents` are all that the ledger knows, by the key of their subject; `codes` are the nominal codes of accounts.
    """
    balances: dict[int, Decimal] = defaultdict(lambda: ZERO)
    accounts = {code: account for account, code in codes.items()}
    for key, some in documents.items():
        entries = [one for one in some if one.is_settled]
        for line in _until(paid_lines(key, entries, home), last):
            balances[line.account] += line.home
        for one in entries:
            other = accounts.get(one.postings[0].account) if one.kind == BANK_TRANSACTION and one.postings else None
            if other is not None and one.days and one.days.issued <= last:
                balances[other] -= one.figures.gross
    return dict(balances)


def _until(lines: Iterable[PaidLine], last: date) -> Iterable[PaidLine]:
    return (line for line in lines if line.day <= last)
