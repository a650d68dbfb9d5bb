"""What a payment gateway paid out: one sum that reaches the bank, and the items that it is made of."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

from .money import ZERO

PAYOUT = "payout"
"""The kind of subject that a payout is."""


class ItemKind(StrEnum):
    """What an item of a payout is."""

    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"
    DISPUTE_WON = "dispute_won"
    FEE = "fee"
    DISPUTE_FEE = "dispute_fee"
    RESERVE = "reserve"
    """Money that the gateway keeps back (negative), or lets go again (positive)."""
    ADJUSTMENT = "adjustment"
    FAILED_PAYOUT = "failed_payout"
    """An earlier payout that did not arrive: its money is with the gateway again."""


PAYMENTS = (ItemKind.CHARGE, ItemKind.REFUND, ItemKind.DISPUTE, ItemKind.DISPUTE_WON)
"""Items of which the books hold a payment line each."""


@dataclass(frozen=True, slots=True)
class PayoutItem:
    """One item. `amount` in `currency` is what the customer paid, or got back if it is negative.

    `settled` is what that put into the gateway's balance, before the `fee` that was taken of it (positive if it costs);
    both are in the currency of the payout. `keys` are ids by which a payment line may know it, `belongs_to` is the
    gateway's id of the payment that it gives back, or of the payout that failed. `order_id` is the shop's.
    """

    id: str
    kind: ItemKind
    at: datetime
    amount: Decimal
    currency: str
    settled: Decimal
    fee: Decimal = ZERO
    keys: tuple[str, ...] = ()
    belongs_to: str = ""
    order_id: str = ""

    @property
    def net(self) -> Decimal:
        """What it adds to the payout."""
        return self.settled - self.fee


@dataclass(frozen=True)
class Payout:
    """All items of one payout. `amount` reaches the bank on the day `arrives_on`.

    None where the gateway's file is of payments alone: they are matched, and nothing is booked.
    Raises `ValueError` if the items do not come to the amount.
    """

    gateway: str
    id: str
    currency: str
    amount: Decimal | None
    arrives_on: date
    items: tuple[PayoutItem, ...]

    def __post_init__(self) -> None:
        if self.amount is not None and self.amount != self.net:
            raise ValueError(f"payout {self.id} is of {self.amount} {self.currency}, its items come to {self.net}")

    @property
    def net(self) -> Decimal:
        return sum((one.net for one in self.items), ZERO)


def packed_payout(payout: Payout) -> bytes:
    """A payout as bytes; the same for the same items in any order."""
    items = sorted(payout.items, key=lambda one: (one.at, one.id, one.kind, one.settled))
    amount = None if payout.amount is None else str(payout.amount)
    head = [payout.gateway, payout.id, payout.currency, amount, payout.arrives_on.isoformat()]
    return json.dumps([head, list(map(_row, items))], separators=(",", ":")).encode()


def payout_of(packed: bytes) -> Payout:
    """The payout in `packed_payout`."""
    (gateway, name, currency, amount, day), rows = json.loads(packed)
    whole = None if amount is None else Decimal(amount)
    return Payout(gateway, name, currency, whole, date.fromisoformat(day), tuple(map(_item, rows)))


def _row(one: PayoutItem) -> list[object]:
    moment = one.at.astimezone(UTC).isoformat()
    amounts = [str(one.amount), one.currency, str(one.settled), str(one.fee)]
    return [one.id, one.kind, moment, *amounts, list(one.keys), one.belongs_to, one.order_id]


def _item(row: list[str]) -> PayoutItem:
    name, kind, moment, amount, currency, settled, fee, keys, belongs_to, order_id = row
    return PayoutItem(
        id=name,
        kind=ItemKind(kind),
        at=datetime.fromisoformat(moment),
        amount=Decimal(amount),
        currency=currency,
        settled=Decimal(settled),
        fee=Decimal(fee),
        keys=tuple(keys),
        belongs_to=belongs_to,
        order_id=order_id,
    )
