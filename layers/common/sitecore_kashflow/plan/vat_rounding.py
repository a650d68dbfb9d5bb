"""How the shop's single tax figure falls on the items, and whether rounding explains it (docs/vat.md)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from ..canonical.money import ZERO, minor_unit, round_money, round_to_total
from ..errors import PermanentError
from .vat import Treatment

_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class TaxedItem:
    """Something that carries VAT. `vat` is the shop's own figure for it, where it states one."""

    net: Decimal
    treatment: Treatment
    vat: Decimal | None = None
    quantity: int = 1

    @property
    def exact(self) -> Decimal:
        """VAT before rounding."""
        return self.net * self.treatment.rate / _HUNDRED


class VatShares(NamedTuple):
    """The VAT of each item, and the way of rounding that explains it.

    `drift` is what was charged minus the nearest lawful rounding, by line or by invoice; it is nothing where the shop
    rounds to the nearest penny.
    """

    method: str
    amounts: list[Decimal]
    drift: Decimal = ZERO


def allocate_vat(items: Sequence[TaxedItem], tax: Decimal, currency: str) -> VatShares:
    """The VAT of each item, in minor units, adding up to the shop's `tax`.

    If no method of shops comes to `tax`, each item gets its own VAT, rounded half up, and the minor units still
    missing go one each to the items that rounding moved furthest the other way. Raises `PermanentError` where
    rounding does not explain the shop's figures.
    """
    found = allocate_exactly(items, tax, currency)
    if found is not None:
        return found
    _require_rounding(items, tax, currency)
    amounts = _distribute(items, tax, currency)
    for item, amount in zip(items, amounts, strict=True):
        require_not_nothing(amount, item.exact, item.treatment, currency)
    return VatShares("spread", amounts, _drift(items, tax, currency))


def allocate_exactly(items: Sequence[TaxedItem], tax: Decimal, currency: str) -> VatShares | None:
    """The VAT of each item by the first method that comes to `tax`; None if there is none.

    An item's VAT that the shop itself states is kept. For the others: by line, once for each percentage, once on the
    total, by unit times quantity.
    """
    if not is_rounding(items, tax, currency):
        return None
    for item in items:
        if item.vat is not None:
            require_rounding_of_line(item, item.vat, item.exact, len(_taxed(items)), currency)
    for method, calculate in _METHODS.items():
        amounts = calculate(items, currency)
        if sum(amounts, ZERO) == tax:
            return VatShares(method, amounts, _drift(items, tax, currency))
    return None


def require_rounding_of_line(item: TaxedItem, vat: Decimal, due: Decimal, taxed: int, currency: str) -> None:
    """Raise `PermanentError` unless rounding explains the VAT that the shop states for a line.

    Half a minor unit for each piece may come from rounding, if that is no more than the `taxed` items of the order
    together may be off.
    """
    if abs(vat - due) * 2 > minor_unit(currency) * min(item.quantity, taxed + 1) or (not due and vat):
        raise PermanentError(
            "VAT_NOT_EXPLAINED",
            f"The shop says {vat} {currency} VAT on a line of {item.net}, at {item.treatment.rate} % "
            f"({item.treatment.why}) it would be {round_money(due, currency)}. "
            "Correct the line in Sitecore or its rule, then resume.",
        )
    require_not_nothing(vat, due, item.treatment, currency)


def require_not_nothing(vat: Decimal, due: Decimal, treatment: Treatment, currency: str) -> None:
    """Raise `PermanentError` if VAT that comes to a minor unit or more was rounded to nothing (Notice 700, 17.5)."""
    if not vat and round_money(due, currency):
        raise PermanentError(
            "VAT_ROUNDED_TO_NOTHING",
            f"A line at {treatment.rate} % ({treatment.why}) holds {due} {currency} VAT, and the shop charged none. "
            "VAT may be rounded, but not to nothing. Correct the order in Sitecore or its rule, then resume.",
        )


def included_vat(amount: Decimal, rate: Decimal) -> Decimal:
    """The VAT inside a gross amount, not rounded (VAT fraction, Notice 700 section 7)."""
    return amount * rate / (_HUNDRED + rate)


def _round_by_line(items: Sequence[TaxedItem], currency: str) -> list[Decimal]:
    return [round_money(item.exact, currency) if item.vat is None else item.vat for item in items]


def _round_by_percentage(items: Sequence[TaxedItem], currency: str) -> list[Decimal]:
    groups: dict[Decimal, list[int]] = {}
    for index, item in enumerate(items):
        if item.vat is None:
            groups.setdefault(item.treatment.rate, []).append(index)
    amounts = _stated_amounts(items)
    for indices in groups.values():
        exact = [items[index].exact for index in indices]
        total = round_money(sum(exact, ZERO), currency)
        for index, amount in zip(indices, round_to_total(exact, total, currency), strict=True):
            amounts[index] = amount
    return amounts


def _round_on_total(items: Sequence[TaxedItem], currency: str) -> list[Decimal]:
    stated_vat = sum(_stated_amounts(items), ZERO)
    exact = sum((item.exact for item in items if item.vat is None), ZERO)
    return _distribute(items, stated_vat + round_money(exact, currency), currency)


def _round_by_unit(items: Sequence[TaxedItem], currency: str) -> list[Decimal]:
    return [
        round_money(item.exact / item.quantity, currency) * item.quantity if item.vat is None else item.vat
        for item in items
    ]


_METHODS: dict[str, Callable[[Sequence[TaxedItem], str], list[Decimal]]] = {
    "by line": _round_by_line,
    "by percentage": _round_by_percentage,
    "on the total": _round_on_total,
    "by unit": _round_by_unit,
}


def _drift(items: Sequence[TaxedItem], tax: Decimal, currency: str) -> Decimal:
    """What was charged, minus the nearest of what rounding by line, by percentage and on the total come to."""
    by_line = sum((round_money(item.exact, currency) for item in items), ZERO)
    on_total = round_money(sum((item.exact for item in items), ZERO), currency)
    sums: dict[Decimal, Decimal] = {}
    for item in items:
        sums[item.treatment.rate] = sums.get(item.treatment.rate, ZERO) + item.exact
    by_percentage = sum((round_money(one, currency) for one in sums.values()), ZERO)
    return min((tax - lawful for lawful in (by_line, by_percentage, on_total)), key=abs)


def _taxed(items: Sequence[TaxedItem]) -> list[TaxedItem]:
    return [item for item in items if item.exact]


def is_rounding(items: Sequence[TaxedItem], tax: Decimal, currency: str) -> bool:
    """Whether half a minor unit for each taxed item, and half for the total, explain the shop's figure."""
    exact = sum((item.exact for item in items), ZERO)
    return abs(tax - exact) * 2 <= minor_unit(currency) * (len(_taxed(items)) + 1)


def _require_rounding(items: Sequence[TaxedItem], tax: Decimal, currency: str) -> None:
    if not is_rounding(items, tax, currency):
        exact = sum((item.exact for item in items), ZERO)
        raise PermanentError(
            "VAT_NOT_EXPLAINED",
            f"The shop charged {tax} {currency} VAT, the rules come to {round_money(exact, currency)} "
            f"({_nets_in_words(items, currency)}). Check tax classes and country, or the rules, then resume.",
        )


def _distribute(items: Sequence[TaxedItem], tax: Decimal, currency: str) -> list[Decimal]:
    """`tax` over the items by largest remainder, leaving alone what the shop states itself."""
    exact = [item.exact if item.vat is None else ZERO for item in items]
    parts = round_to_total(exact, tax - sum(_stated_amounts(items), ZERO), currency)
    return [part if item.vat is None else item.vat for item, part in zip(items, parts, strict=True)]


def _stated_amounts(items: Sequence[TaxedItem]) -> list[Decimal]:
    """What the shop states for each item, zero where it states nothing."""
    return [ZERO if item.vat is None else item.vat for item in items]


def _nets_in_words(items: Sequence[TaxedItem], currency: str) -> str:
    """The net amounts behind an explanation: `100.00 at 20 % (standard in GB), ...`."""
    sums: dict[tuple[Decimal, str], Decimal] = {}
    for item in items:
        key = (item.treatment.rate, item.treatment.why)
        sums[key] = sums.get(key, ZERO) + item.net
    return ", ".join(f"{round_money(net, currency)} at {rate} % ({why})" for (rate, why), net in sums.items())
