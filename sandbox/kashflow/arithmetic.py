"""KashFlow's sums, as far as they are known (KF-85 to KF-98)."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal

from sandbox.kashflow.reading import Record

ZERO = Decimal(0)
_PENNY = Decimal("0.01")
_HUNDRED = Decimal(100)


def pennies(amount: Decimal) -> Decimal:
    """To two places, half away from zero."""
    return amount.quantize(_PENNY, ROUND_HALF_UP)


def stored_rate(rate: Decimal, position: str) -> Decimal:
    """A unit price as it is kept; `position` is that of the switch `rate_beyond_pennies`."""
    if position == "kept":
        return rate.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return rate.quantize(_PENNY, ROUND_UP if position == "rounded_up" else ROUND_HALF_UP)


def line_net(line: Record) -> Decimal:
    """Quantity times rate, in pennies."""
    return pennies(line["Quantity"] * line["Rate"])


def line_vat(quantity: Decimal, rate: Decimal, level: Decimal, mode: str) -> Decimal:
    """VAT of a line: on the line total (`per_line`) or on one unit, times quantity (`per_unit`)."""
    if mode == "per_unit":
        return pennies(pennies(rate * level / _HUNDRED) * quantity)
    return pennies(pennies(quantity * rate) * level / _HUNDRED)


def totals(lines: Iterable[Record], payments: Iterable[Record]) -> Record:
    """Sums of a document in its own currency: net, VAT, gross, paid, due and what was paid too much."""
    net, vat = ZERO, ZERO
    for line in lines:
        net += line_net(line)
        vat += line["VATAmount"]
    gross = net + vat
    paid = sum((payment["Amount"] for payment in payments), ZERO)
    open_amount = gross - paid
    overpaid = open_amount < 0 if gross >= 0 else open_amount > 0
    return {
        "NetAmount": net,
        "VATAmount": vat,
        "GrossAmount": gross,
        "Paid": paid,
        "DueAmount": ZERO if overpaid else open_amount,
        "Overpaid": -open_amount if overpaid else ZERO,
    }


def at_home(amount: Decimal, exchange_rate: Decimal) -> Decimal:
    """An amount in home currency; the rate is foreign units per one home unit."""
    return pennies(amount / exchange_rate)
