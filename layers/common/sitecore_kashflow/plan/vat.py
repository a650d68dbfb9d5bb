"""Which VAT an item carries, and how the shop's one tax figure falls on the items (docs/vat.md)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from ..canonical.countries import is_country
from ..canonical.money import ZERO, minor_unit, round_money, settle
from ..errors import PermanentError
from ..rules.model import VatRules
from .place_of_supply import PLAIN, Circumstances, Ruling, ruling

_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Treatment:
    """How an item is taxed: class, percentage, exempt or not, and the rule that said so."""

    tax_class: str
    rate: Decimal
    exempt: bool
    why: str


@dataclass(frozen=True)
class TaxedItem:
    """What VAT falls on. `vat` is the shop's own figure for the item, where it has one."""

    net: Decimal
    treatment: Treatment
    vat: Decimal | None = None
    quantity: int = 1

    @property
    def exact(self) -> Decimal:
        """VAT before rounding."""
        return self.net * self.treatment.rate / _HUNDRED


class VatShares(NamedTuple):
    """The VAT of each item, and by which of the ways that shops round it was found."""

    method: str
    amounts: list[Decimal]


def treatment_of_class(
    tax_class: str, country: str, rules: VatRules, what: str, case: Circumstances = PLAIN
) -> Treatment:
    """The treatment of something of a known class that goes to `country`."""
    return _treatment(_ruled(tax_class, country, rules, what, case), rules, what)


def treatment_of_line(
    words: str, rate: Decimal | None, country: str, rules: VatRules, what: str, case: Circumstances = PLAIN
) -> Treatment:
    """The treatment of a line, by the shop's own tax class and percentage, and the place of supply."""
    by_rate = _class_of_rate(rate, rules)
    tax_class = rules.class_by_word.get(words.upper()) if words else by_rate or rules.class_when_missing
    if tax_class is None:
        raise PermanentError(
            "TAX_CLASS_UNKNOWN",
            f"{what} has the tax class {words or 'none'!r}, which no rule knows. "
            "Add it to `vat.class_words` in the rules, then resume.",
        )
    ruled = _ruled(tax_class, country, rules, what, case)
    if rate is None or not ruled.is_domestic or rate == rules.classes[ruled.tax_class].rate:
        return _treatment(ruled, rules, what)
    if by_rate is None:
        raise PermanentError(
            "VAT_RATE_UNKNOWN",
            f"{what} says {rate} % VAT, and no class in the rules has that percentage. "
            "Correct the line in Sitecore or add a class to `vat.classes`, then resume.",
        )
    return treatment_of_class(by_rate, country, rules, what, case)


def _ruled(tax_class: str, country: str, rules: VatRules, what: str, case: Circumstances) -> Ruling:
    if not is_country(country):
        raise PermanentError(
            "COUNTRY_UNKNOWN",
            f"{what} goes to country {country or 'none'!r}, which is no ISO country code, so its VAT is not known. "
            "Correct the address in Sitecore, then resume.",
        )
    return ruling(tax_class, country, case, rules, what)


def _treatment(ruled: Ruling, rules: VatRules, what: str) -> Treatment:
    found = rules.classes[ruled.tax_class]
    if not ruled.rate_of:
        return Treatment(ruled.tax_class, found.rate, found.exempt, ruled.why)
    rate = rules.oss.rates.get(ruled.rate_of, {}).get(ruled.tax_class)
    if rate is None:
        raise PermanentError(
            "OSS_RATE_MISSING",
            f"{what} is taxed in {ruled.rate_of}, and the rules have no percentage there for {ruled.tax_class}. "
            "Add it to `vat.oss.rates`, then resume.",
        )
    return Treatment(ruled.tax_class, rate, exempt=False, why=ruled.why)


def _class_of_rate(rate: Decimal | None, rules: VatRules) -> str | None:
    return next((name for name, one in rules.classes.items() if one.rate == rate and not one.exempt), None)


def allocate_vat(items: Sequence[TaxedItem], tax: Decimal, currency: str) -> VatShares:
    """The VAT of each item, in minor units, adding up to the shop's `tax`.

    Where the shop gave the item's VAT it stands. The others are reckoned in the ways that shops do, and
    the first that comes to `tax` holds: rounded by line, once for each percentage, once on the total, by
    unit times quantity. Else they get their own VAT, rounded half up, and what is then left of `tax` is
    placed a minor unit at a time on the items whose rounding went furthest the other way. More than half a
    minor unit for each such item, and half for the total, is no matter of rounding: `PermanentError`.
    """
    unit = minor_unit(currency)
    for position, item in enumerate(items, start=1):
        if item.vat is not None and abs(item.vat - item.exact) >= unit * 2:
            raise PermanentError(
                "VAT_NOT_EXPLAINED",
                f"Item {position}: the shop says {item.vat} {currency} VAT on {item.net}, at "
                f"{item.treatment.rate} % ({item.treatment.why}) it would be {round_money(item.exact, currency)}. "
                "Correct the line in Sitecore or its rule, then resume.",
            )
    for method, reckon in _METHODS.items():
        amounts = reckon(items, currency)
        if sum(amounts, ZERO) == tax:
            return VatShares(method, amounts)
    return VatShares("spread", _spread(items, tax, currency))


def included_vat(amount: Decimal, rate: Decimal, currency: str) -> Decimal:
    """The VAT inside an amount that holds it, rounded half up (VAT fraction, Notice 700 section 7)."""
    return round_money(amount * rate / (_HUNDRED + rate), currency)


def _by_line(items: Sequence[TaxedItem], currency: str) -> list[Decimal]:
    return [round_money(item.exact, currency) if item.vat is None else item.vat for item in items]


def _by_percentage(items: Sequence[TaxedItem], currency: str) -> list[Decimal]:
    groups: dict[Decimal, list[int]] = {}
    for index, item in enumerate(items):
        if item.vat is None:
            groups.setdefault(item.treatment.rate, []).append(index)
    amounts = [ZERO if item.vat is None else item.vat for item in items]
    for indices in groups.values():
        exact = [items[index].exact for index in indices]
        for index, amount in zip(
            indices, settle(exact, round_money(sum(exact, ZERO), currency), currency), strict=True
        ):
            amounts[index] = amount
    return amounts


def _on_total(items: Sequence[TaxedItem], currency: str) -> list[Decimal]:
    told = sum((item.vat for item in items if item.vat is not None), ZERO)
    exact = sum((item.exact for item in items if item.vat is None), ZERO)
    return _placed(items, told + round_money(exact, currency), currency)


def _by_unit(items: Sequence[TaxedItem], currency: str) -> list[Decimal]:
    return [
        round_money(item.exact / item.quantity, currency) * item.quantity if item.vat is None else item.vat
        for item in items
    ]


_METHODS: dict[str, Callable[[Sequence[TaxedItem], str], list[Decimal]]] = {
    "by line": _by_line,
    "by percentage": _by_percentage,
    "on the total": _on_total,
    "by unit": _by_unit,
}


def _spread(items: Sequence[TaxedItem], tax: Decimal, currency: str) -> list[Decimal]:
    exact = sum((item.exact if item.vat is None else item.vat for item in items), ZERO)
    if abs(tax - exact) > minor_unit(currency) * (len(_open(items)) + 1) / 2:
        raise PermanentError(
            "VAT_NOT_EXPLAINED",
            f"The shop charged {tax} {currency} VAT, the rules come to {round_money(exact, currency)} "
            f"({_by_rule(items, currency)}). Check tax classes and country, or the rules, then resume.",
        )
    return _placed(items, tax, currency)


def _open(items: Sequence[TaxedItem]) -> list[int]:
    """The items on which VAT may be placed."""
    return [i for i, item in enumerate(items) if item.vat is None and item.exact != ZERO]


def _placed(items: Sequence[TaxedItem], tax: Decimal, currency: str) -> list[Decimal]:
    """`tax` on the items by largest remainder, around what the shop gave itself."""
    amounts = [ZERO if item.vat is None else item.vat for item in items]
    indices = _open(items)
    parts = settle([items[i].exact for i in indices], tax - sum(amounts, ZERO), currency)
    for index, part in zip(indices, parts, strict=True):
        amounts[index] = part
    return amounts


def _by_rule(items: Sequence[TaxedItem], currency: str) -> str:
    """The net sums behind an explanation: `100.00 at 20 % (standard in GB), ...`."""
    sums: dict[tuple[Decimal, str], Decimal] = {}
    for item in items:
        key = (item.treatment.rate, item.treatment.why)
        sums[key] = sums.get(key, ZERO) + item.net
    return ", ".join(f"{round_money(net, currency)} at {rate} % ({why})" for (rate, why), net in sums.items())
