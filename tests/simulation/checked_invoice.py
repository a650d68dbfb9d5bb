"""Whether documents say what their order says: currency, dates, and each rate's and account's share of the money."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.simulation.dynamo import Item

SALES, ZERO_RATED, DELIVERY = 4000, 4020, 4001
"""The accounts of goods, zero-rated goods and delivery, as the rules that ship with the bridge have them."""
_PERCENT = {"STD": Decimal(20), "RED": Decimal(5), "ZERO": Decimal(0)}
_ON_ACCOUNT = timedelta(days=30)
_PENNY = Decimal("0.01")
_ROUNDING = "VAT rounding"
"""So begin lines that bring an invoice to the VAT of a shop that rounds otherwise: they come to no net."""
_LONDON = ZoneInfo("Europe/London")
Shares = dict[Any, Decimal]


def wrong_with(documents: list[Item], order: Item, owed: Decimal) -> Iterator[str]:
    """The invoice comes first. `order` as OrderCloud holds it, with its lines, if they are to be looked at.

    Where all that is owed is the order, or nothing, so is each rate's and account's share.
    """
    invoice, day = documents[0], datetime.fromisoformat(str(order["DateSubmitted"])).astimezone(_LONDON).date()
    found = {
        "currency": ({one["Currency"]["Code"] for one in documents}, {order["Currency"]}),
        "date": (invoice["IssuedDate"], day),
        "due date": (invoice["DueDate"], day + _terms(order)),
        "still due": (
            [one["DueAmount"] for one in documents],
            [one["GrossAmount"] - one["TotalPaidAmount"] for one in documents],
        ),
    }
    every = [line for one in documents for line in one["LineItems"]]
    rounding = [line for line in every if line["Description"].startswith(_ROUNDING)]
    lines = [line for line in every if line not in rounding]
    if "Lines" in order and not order["PromotionDiscount"] and owed in (order["Total"], 0):
        found |= {
            "net by rate": (_net_by("VATLevel", lines), _rates(order) if owed else {}),
            "net by account": (_net_by("NominalCode", lines), _accounts(order) if owed else {}),
            "net of lines for rounding": (sum(map(_net, rounding)), 0),
        }
    yield from (f"{what} is {is_}, should be {ought}" for what, (is_, ought) in found.items() if is_ != ought)
    is_rounded_by_line = len(documents) == 1 and sum(map(_vat, lines)) == order["TaxCost"]
    for one in documents:
        for line in one["LineItems"]:
            if abs(line["VATAmount"] - _vat(line)) > (0 if is_rounded_by_line else _PENNY):
                yield f"VAT of line {line['Number']} is {line['VATAmount']}, should be {_vat(line)}"


def _terms(order: Item) -> timedelta:
    """How long an order on account may wait to be paid, by the rules that ship with the bridge."""
    is_on_account = any(payment["Type"] == "PurchaseOrder" for payment in order.get("Payments", ()))
    return _ON_ACCOUNT if is_on_account else timedelta()


def _rates(order: Item) -> Shares:
    shares: Shares = defaultdict(Decimal, {_PERCENT["STD"]: order["ShippingCost"]} if order["ShippingCost"] else {})
    for line in order["Lines"]:
        shares[_PERCENT[line["Product"]["xp"]["TaxCode"]]] += _pennies(line["LineTotal"])
    return dict(shares)


def _accounts(order: Item) -> Shares:
    shares: Shares = defaultdict(Decimal, {DELIVERY: order["ShippingCost"]} if order["ShippingCost"] else {})
    for line in order["Lines"]:
        is_zero = line["Product"]["xp"]["TaxCode"] == "ZERO"
        shares[ZERO_RATED if is_zero else SALES] += _pennies(line["LineTotal"])
    return dict(shares)


def _net_by(name: str, lines: list[Item]) -> Shares:
    shares: Shares = defaultdict(Decimal)
    for line in lines:
        shares[line[name]] += _pennies(_net(line))
    return {of: share for of, share in shares.items() if share}


def _net(line: Item) -> Decimal:
    net: Decimal = line["Quantity"] * line["Rate"]
    return net


def _vat(line: Item) -> Decimal:
    return _pennies(_net(line) * line["VATLevel"] / 100)


def _pennies(amount: Decimal) -> Decimal:
    return amount.quantize(_PENNY, ROUND_HALF_UP)
