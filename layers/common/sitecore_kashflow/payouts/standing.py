"""Payouts as the ledger knows them, for whoever closes a month."""

from dataclasses import dataclass

from ..canonical.kinds import BANK_TRANSACTION
from ..canonical.payout import Payout
from ..documents.entry import Entries
from .booking import transfer_name
from .matching import Match


@dataclass(frozen=True)
class PayoutStanding:
    """A payout, its state on the bridge, and its items that do not agree with the books."""

    payout: Payout
    state: str
    open_items: tuple[Match, ...] = ()

    @property
    def is_booked(self) -> bool:
        """Whether nothing of it is left to do; of a file of payments alone nothing is booked."""
        return self.state in ("booked", "matched")


def is_booked(payout: Payout, entries: Entries) -> bool:
    """Whether all of it is in the books: the transfer is posted last."""
    transfer = entries.get(BANK_TRANSACTION, transfer_name(payout))
    return transfer is not None and transfer.is_settled
