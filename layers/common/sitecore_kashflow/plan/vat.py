"""Which VAT an item carries, and how the shop's single tax figure is allocated to the items (docs/vat.md)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from ..canonical.money import ZERO, minor_unit, round_money, round_to_total
from ..errors import PermanentError
from ..rules.model import VatRules
from .place_of_supply import Sale, SupplyRule, rule_for

_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Treatment:
    """How an item is taxed: class, percentage, exempt or not, and the rule behind it."""

    tax_class: str
    rate: Decimal
    exempt: bool
    why: str


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
    """The VAT of each item, and the way of rounding that explains it."""

    method: str
    amounts: list[Decimal]


def treatment_for(sale: Sale, rules: VatRules) -> Treatment:
    """The treatment of something whose tax class is known."""
    return _treatment_by(rule_for(sale, rules), sale, rules)


def treatment_for_line(sale: Sale, stated_rate: Decimal | None, rules: VatRules) -> Treatment:
    """The treatment of an order line, by the shop's own word for its tax class (or none) and its own percentage."""
    word = sale.tax_class
    class_of_rate = _class_of_rate(stated_rate, rules)
    tax_class = rules.class_by_word.get(word.upper()) if word else class_of_rate or rules.class_when_missing
    if tax_class is None:
        raise PermanentError(
            "TAX_CLASS_UNKNOWN",
            f"{sale.label} has the tax class {word or 'none'!r}, which no rule knows. "
            "Add it to `vat.class_words` in the rules, then resume.",
        )
    sale = replace(sale, tax_class=tax_class)
    rule = rule_for(sale, rules)
    if stated_rate is None or not rule.is_domestic or stated_rate == rules.classes[rule.tax_class].rate:
        return _treatment_by(rule, sale, rules)
    if class_of_rate is None:
        raise PermanentError(
            "VAT_RATE_UNKNOWN",
            f"{sale.label} says {stated_rate} % VAT, and no class in the rules has that percentage. "
            "Correct the line in Sitecore or add a class to `vat.classes`, then resume.",
        )
    return treatment_for(replace(sale, tax_class=class_of_rate), rules)


def _treatment_by(rule: SupplyRule, sale: Sale, rules: VatRules) -> Treatment:
    vat_class = rules.classes[rule.tax_class]
    if not rule.oss_country:
        return Treatment(rule.tax_class, vat_class.rate, vat_class.exempt, rule.why)
    rate = rules.oss.rates.get(rule.oss_country, {}).get(rule.tax_class)
    if rate is None:
        raise PermanentError(
            "OSS_RATE_MISSING",
            f"{sale.label} is taxed in {rule.oss_country}, and the rules have no percentage there for "
            f"{rule.tax_class}. Add it to `vat.oss.rates`, then resume.",
        )
    return Treatment(rule.tax_class, rate, exempt=False, why=rule.why)


def _class_of_rate(rate: Decimal | None, rules: VatRules) -> str | None:
    return next((name for name, one in rules.classes.items() if one.rate == rate and not one.exempt), None)


def allocate_vat(items: Sequence[TaxedItem], tax: Decimal, currency: str) -> VatShares:
    """The VAT of each item, in minor units, adding up to the shop's `tax`.

    An item's VAT that the shop itself states is kept. For the others, the ways in which shops round are tried in
    turn, and the first that comes to `tax` is taken: by line, once for each percentage, once on the total, by unit
    times quantity. If none does, each item gets its own VAT, rounded half up, and the minor units still missing go
    one each to the items that rounding moved furthest the other way. A difference of more than half a minor unit
    for each such item, and half for the total, cannot come from rounding: `PermanentError`.
    """
    for position, item in enumerate(items, start=1):
        if item.vat is not None and not may_state(item.vat, item.exact, item.treatment, currency):
            raise PermanentError(
                "VAT_NOT_EXPLAINED",
                f"Item {position}: the shop says {item.vat} {currency} VAT on {item.net}, at "
                f"{item.treatment.rate} % ({item.treatment.why}) it would be {round_money(item.exact, currency)}. "
                "Correct the line in Sitecore or its rule, then resume.",
            )
    for method, calculate in _METHODS.items():
        amounts = calculate(items, currency)
        if sum(amounts, ZERO) == tax:
            return VatShares(method, amounts)
    _require_rounding_difference(items, tax, currency)
    return VatShares("spread", _distribute(items, tax, currency))


def may_state(vat: Decimal, due: Decimal, treatment: Treatment, currency: str) -> bool:
    """Whether a shop may state this VAT where that much is due: rounding explains pennies, but none at 0 %."""
    return abs(vat - due) < 2 * minor_unit(currency) and (treatment.rate != ZERO or vat == ZERO)


def included_vat(amount: Decimal, rate: Decimal, currency: str) -> Decimal:
    """The VAT inside a gross amount, rounded half up (VAT fraction, Notice 700 section 7)."""
    return round_money(amount * rate / (_HUNDRED + rate), currency)


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


def _require_rounding_difference(items: Sequence[TaxedItem], tax: Decimal, currency: str) -> None:
    exact = sum((item.exact if item.vat is None else item.vat for item in items), ZERO)
    roundings = sum(item.vat is None and item.exact != ZERO for item in items) + 1
    if abs(tax - exact) > minor_unit(currency) * roundings / 2:
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
