"""An order's money in turn: what of it is for the documents that charge the order, and what is the customer's own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from ..canonical.money import ZERO
from ..canonical.order import Chargeback, Order, Payment, Refund

Moved = Payment | Refund | Chargeback


class Change(NamedTuple):
    """By how much an order came up, or down if it is less than nothing, at a moment."""

    at: datetime
    amount: Decimal


@dataclass(frozen=True)
class Statement:
    """What the books say of an order, in its own currency and as if no money had been refunded.

    `sale` is what is charged from the first, `changes` come after it. Of each payment, refund and chargeback,
    `on_documents` has what stands on them for certain, `apart` what is in the books as the customer's own: more than
    nothing, whichever way it went.
    """

    sale: Decimal
    changes: tuple[Change, ...] = ()
    on_documents: Mapping[str, Decimal] = field(default_factory=dict)
    apart: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def charged(self) -> Decimal:
        """What all comes to."""
        return self.sale + sum((one.amount for one in self.changes), ZERO)


@dataclass(frozen=True)
class Division:
    """`on_documents` and `surplus` of money, in the order's currency: less than nothing of what left.

    The surplus of a payment is the customer's own money; that of a refund, or of a chargeback, gives it back.
    """

    of: Moved
    on_documents: Decimal
    surplus: Decimal


def divide(order: Order, statement: Statement) -> list[Division]:
    """All money of an order in turn, against what was charged at its time.

    What comes in beyond that is the customer's own. It is given back before anything else, by a refund or by a bank;
    what of it is still held when the order comes up pays for that. What is refunded is no longer charged; what a bank
    takes back is owed again, and pays for the same once it is won. What the books show already stays where it is,
    whatever comes to light after it.

    At the same moment payments come first, then what was given back, then a change of the order.
    """
    till = _Till(statement.sale)
    given = list[Division]()
    for one in sorted((*money_of(order), *statement.changes), key=turn_of):
        if isinstance(one, Change):
            till.charged += one.amount
        else:
            name, amount = name_of(one), incoming(one)
            known = statement.on_documents.get(name, ZERO), statement.apart.get(name, ZERO)
            if amount > ZERO:
                till.take_in(one, amount, *known)
            else:
                given.append(till.give_back(one, -amount, *known))
        till.balance()
    return sorted((*till.came_in(), *given), key=lambda one: turn_of(one.of))


@dataclass
class _CameIn:
    """Money that came in: at least `fixed` of it stays on documents. Of its surplus, `free` and `apart` are held yet.

    What is `free` may pay for what is charged later; what is `apart` is in the books as the customer's own.
    """

    of: Moved
    amount: Decimal
    fixed: Decimal
    on_documents: Decimal
    free: Decimal
    apart: Decimal


@dataclass
class _Till:
    """What is charged, how much of the money that is held pays for it, and what of that money banks have taken back."""

    charged: Decimal
    paid: Decimal = ZERO
    lost: Decimal = ZERO
    parts: list[_CameIn] = field(default_factory=list)

    def take_in(self, one: Moved, amount: Decimal, fixed: Decimal, apart: Decimal) -> None:
        if isinstance(one, Chargeback):
            fixed = max(fixed, min(self.lost, amount))
            self.lost -= min(self.lost, amount)
        fixed = min(fixed, amount)
        apart = min(apart, amount - fixed)
        self.paid += fixed
        self.parts.append(_CameIn(one, amount, fixed, fixed, amount - fixed - apart, apart))

    def give_back(self, one: Moved, amount: Decimal, fixed: Decimal, apart: Decimal) -> Division:
        """The latest surplus first."""
        held = sum((part.free + part.apart for part in self.parts), ZERO)
        surplus = max(min(held, amount - fixed), min(apart, amount))
        left = surplus
        for part in reversed(self.parts):
            free = min(part.free, left)
            from_apart = min(part.apart, left - free)
            part.free, part.apart, left = part.free - free, part.apart - from_apart, left - free - from_apart
        self.paid -= amount - surplus
        if isinstance(one, Refund):
            self.charged -= amount - surplus
        else:
            self.lost += amount - surplus
        return Division(one, surplus - amount, -surplus)

    def balance(self) -> None:
        """What is charged and unpaid takes from the oldest surplus; what is paid too much, becomes the latest."""
        for part in self.parts:
            self._move(part, min(part.free, max(self.charged - self.paid, ZERO)))
        for part in reversed(self.parts):
            self._move(part, -min(part.on_documents - part.fixed, max(self.paid - self.charged, ZERO)))

    def _move(self, part: _CameIn, amount: Decimal) -> None:
        part.free -= amount
        part.on_documents += amount
        self.paid += amount

    def came_in(self) -> Iterator[Division]:
        return (Division(one.of, one.on_documents, one.amount - one.on_documents) for one in self.parts)


def money_of(order: Order) -> list[Moved]:
    """All that came in and went back, in turn."""
    return sorted((*order.payments, *order.refunds, *order.chargebacks), key=turn_of)


def turn_of(one: Moved | Change) -> tuple[datetime, int, str]:
    """Its moment and its id."""
    match one:
        case Change():
            return one.at, 2, ""
        case Payment():
            return one.received_at, 0, one.payment_id
        case Refund():
            return one.refunded_at, 1, one.refund_id
        case Chargeback():
            return one.taken_at, 1, one.chargeback_id


def name_of(one: Moved) -> str:
    """The shop's own id of it."""
    return turn_of(one)[-1]


def incoming(one: Moved) -> Decimal:
    """What came in by it: less than nothing if it left."""
    return one.amount if isinstance(one, Payment) else -one.amount
