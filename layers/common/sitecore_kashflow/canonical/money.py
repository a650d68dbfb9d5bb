"""Amounts of money: exact decimals and the one rounding function."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache
from typing import Annotated

from pydantic import BeforeValidator

ZERO = Decimal(0)

_MINOR_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV"), 0),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # ISO 4217; every other currency has two


def _refuse_float(value: object) -> object:
    if isinstance(value, float):
        raise ValueError("a binary float is not an amount; use parse_float=Decimal")  # noqa: TRY004 -- what pydantic expects
    return value


Amount = Annotated[Decimal, BeforeValidator(_refuse_float)]
"""An exact decimal. Its currency is a field of the document that holds it."""


@cache
def minor_unit(currency: str) -> Decimal:
    """The smallest amount of `currency` (ISO 4217): 0.01 for GBP, 1 for JPY, 0.001 for KWD."""
    return Decimal(1).scaleb(-_MINOR_DIGITS.get(currency, 2))


@cache
def books_coin(currency: str) -> str:
    """The currency whose minor unit is the smallest amount of `currency` that KashFlow can hold: it has two places."""
    return currency if minor_unit(currency) >= minor_unit("GBP") else "GBP"


def round_money(amount: Decimal, currency: str) -> Decimal:
    """`amount` in whole minor units of `currency`, halves away from zero: the only rounding of money.

    Zero has no sign: a discount's VAT at 0 % is not `-0.00`.
    """
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP) + ZERO


def spread(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """`total` shared out in proportion to `weights`, to the minor unit, by largest remainder.

    The parts add up to `total` exactly. Weights are all of one sign and not all zero; `total` is in
    whole minor units. Ties go to the earlier part.
    """
    unit = minor_unit(currency)
    whole = sum(weights, ZERO)
    exact = [total * weight / whole for weight in weights]
    parts = [share.quantize(unit, rounding=ROUND_DOWN) for share in exact]
    left_over = int((total - sum(parts, ZERO)) / unit)
    step = unit.copy_sign(Decimal(left_over))
    by_remainder = sorted(range(len(parts)), key=lambda i: abs(exact[i] - parts[i]), reverse=True)
    for index in by_remainder[: abs(left_over)]:
        parts[index] += step
    return parts


def round_to_total(exact: Sequence[Decimal], total: Decimal, currency: str) -> list[Decimal]:
    """Exact amounts of either sign, rounded to whole minor units so that they add up to `total`.

    Each is rounded half up. The minor units still missing from `total`, or too many, then change one amount each:
    those that rounding moved furthest the other way, the earlier of equals first. Zero stays zero, so there may be
    no more of them than amounts other than zero.
    """
    unit = minor_unit(currency)
    amounts = [round_money(amount, currency) for amount in exact]
    left_over = int((total - sum(amounts, ZERO)) / unit)
    if left_over:
        step = unit.copy_sign(Decimal(left_over))
        candidates = [index for index, amount in enumerate(exact) if amount]
        candidates.sort(key=lambda i: (exact[i] - amounts[i]) * step, reverse=True)
        for index in candidates[: abs(left_over)]:
            amounts[index] += step
    return amounts
