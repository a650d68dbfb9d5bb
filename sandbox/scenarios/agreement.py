"""Whether the two systems agree about an order and all that followed it. Asks nobody but the two systems."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.scenarios.after_sale_scripts import Wanted
from sandbox.witness import Books, Money, OrderState, Shop

ZERO = Decimal(0)
_END = re.compile(r"-[ADRS]\d+$")


@dataclass(frozen=True)
class Document:
    """An invoice or credit note in KashFlow. `end` is what its reference has after the order's id."""

    reference: str
    end: str
    gross: Decimal
    paid: Decimal
    due: Decimal
    day: date
    status: str


@dataclass(frozen=True)
class Account:
    """What KashFlow has of an order (`documents`), and what Sitecore says of it."""

    documents: tuple[Document, ...]
    order: OrderState
    money: Money

    @property
    def charged(self) -> Decimal:
        return sum((one.gross for one in self.documents), ZERO)

    @property
    def paid(self) -> Decimal:
        return sum((one.paid for one in self.documents), ZERO)

    @property
    def due(self) -> Decimal:
        return sum((one.due for one in self.documents), ZERO)

    @property
    def ends(self) -> dict[str, Decimal]:
        return {one.end: one.gross for one in self.documents}

    def shows(self, wanted: Wanted) -> bool:
        """Whether both systems show what they should, and the money as well."""
        return not any(self.faults(wanted))

    def faults(self, wanted: Wanted) -> Iterator[str]:
        """What differs, in words; nothing if both systems agree."""
        if len(self.documents) != len(self.ends) or self.ends != dict(wanted.documents):
            yield f"KashFlow has {_in_words(self.ends)}, and should have {_in_words(wanted.documents)}"
        if self.order.sync_state != wanted.sync_state:
            yield f"Sitecore says {self.order.sync_state or 'nothing'}, and should say {wanted.sync_state or 'nothing'}"
        if wanted.sync_state != "Parked":
            yield from self._different_sums(is_sent=wanted.is_sent)

    def _different_sums(self, *, is_sent: bool) -> Iterator[str]:
        if self.paid != self.money.kept:
            yield f"KashFlow shows {self.paid:.2f} paid, Sitecore {self.money.kept:.2f}"
        if self.due != self.charged - self.paid:
            yield f"KashFlow shows {self.due:.2f} due, and {self.charged:.2f} less {self.paid:.2f}"
        if is_sent and self.order.sync_state and self.charged != self._owed:
            yield f"KashFlow charges {self.charged:.2f}, by Sitecore it is {self._owed:.2f}"

    @property
    def _owed(self) -> Decimal:
        """What the order comes to, less what was given back of it; no less than the money that the shop still holds.

        Giving back what was received beyond the order's total changes nothing.
        """
        total = ZERO if self.order.status == "Canceled" else self.order.total
        beyond = max(ZERO, self.money.received - total)
        return max(total - max(ZERO, self.money.given_back - beyond), self.money.kept)


def accounts(order_ids: Sequence[str], books: Books, shop: Shop) -> dict[str, Account]:
    """What both systems have of these orders."""
    documents: dict[str, list[Document]] = {}
    for row in books.rows():
        reference = str(row["CustomerReference"])
        order_id = _END.sub("", reference)
        documents.setdefault(order_id, []).append(_document(row, reference, reference.removeprefix(order_id)))
    return {one: Account(tuple(documents.get(one, ())), shop.order(one), shop.money(one)) for one in order_ids}


def _document(row: Mapping[str, Any], reference: str, end: str) -> Document:
    return Document(
        reference=reference,
        end=end,
        gross=row["GrossAmount"],
        paid=row["TotalPaidAmount"],
        due=row["DueAmount"],
        day=date.fromisoformat(str(row["IssuedDate"])[:10]),
        status=str(row["Status"]),
    )


def _in_words(documents: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{end.removeprefix('-') or 'sale'} {gross:.2f}" for end, gross in documents.items()) or "nothing"
