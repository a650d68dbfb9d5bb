"""What the books must come to for each order, as the script of its day has it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tests.simulation.dynamo import Item

_AFTER_SALE = re.compile(r"(?P<order>.+)-[ARS][1-9][0-9]*")
"""The reference of a further invoice or of a credit note."""


@dataclass(frozen=True)
class Expected:
    """By the order's id. `received` is all that was captured less what went back.

    `owed` is what the customer is charged in all, where that is not the order's Total. `surplus` names refunds of money
    that was never charged, by the gateway's ids: no credit note shows them.
    """

    received: Mapping[str, Decimal]
    owed: Mapping[str, Decimal]
    surplus: Collection[str]

    def owed_of(self, order: Item) -> Decimal:
        total: Decimal = order["Total"]
        return self.owed.get(order["ID"], total)


def order_of(reference: str, known: Collection[str]) -> str:
    """The order that a document belongs to by its reference; the reference itself, if there is no such order."""
    follows = _AFTER_SALE.fullmatch(reference)
    return follows["order"] if follows and reference not in known and follows["order"] in known else reference


def refunds_of(order: Item) -> list[str]:
    """What was given back of an order, by the gateway's own ids. Money that a bank took back is none."""
    return [
        one["xp"]["PspReference"]
        for payment in order["Payments"]
        for one in payment["Transactions"]
        if one["Succeeded"] and one["Type"] == "CreditCardRefund"
    ]
