"""Which VAT an item carries, and how the shop's one tax figure falls on the items (docs/mapping.md, "VAT")."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..canonical.money import ZERO, minor_unit, round_money
from ..errors import PermanentError
from .countries import is_country
from .rules import VatRules

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

    @property
    def exact(self) -> Decimal:
        """VAT before rounding."""
        return self.net * self.treatment.rate / _HUNDRED


def treatment_of_class(tax_class: str, country: str, rules: VatRules, what: str) -> Treatment:
    """The treatment of something of a known class that goes to `country`."""
    if not is_country(country):
        raise PermanentError(
            "COUNTRY_UNKNOWN",
            f"{what} goes to country {country or 'none'!r}, which is no ISO country code, so its VAT is not known. "
            "Correct the address in Sitecore, then resume.",
        )
    if country not in rules.domestic_countries:
        tax_class, why = rules.export_class, f"export to {country}"
    else:
        why = f"{tax_class} in {country}"
    found = rules.classes[tax_class]
    return Treatment(tax_class, found.rate, found.exempt, why)


def treatment_of_line(words: str, rate: Decimal | None, country: str, rules: VatRules, what: str) -> Treatment:
    """The treatment of a line, by the shop's own tax class and percentage, and the destination."""
    by_word = {word.upper(): name for word, name in rules.class_words.items()} | {n.upper(): n for n in rules.classes}
    tax_class = by_word.get(words.upper()) if words else _class_of_rate(rate, rules) or rules.class_when_missing
    if tax_class is None:
        raise PermanentError(
            "TAX_CLASS_UNKNOWN",
            f"{what} has the tax class {words or 'none'!r}, which no rule knows. "
            "Add it to `vat.class_words` in the rules, then resume.",
        )
    found = treatment_of_class(tax_class, country, rules, what)
    if rate is None or rate == found.rate or country not in rules.domestic_countries:
        return found
    by_rate = _class_of_rate(rate, rules)
    if by_rate is None:
        raise PermanentError(
            "VAT_RATE_UNKNOWN", f"{what} says {rate} % VAT, and no class in the rules has that percentage."
        )
    return treatment_of_class(by_rate, country, rules, what)


def _class_of_rate(rate: Decimal | None, rules: VatRules) -> str | None:
    return next((name for name, one in rules.classes.items() if one.rate == rate and not one.exempt), None)


def allocate_vat(items: Sequence[TaxedItem], tax: Decimal, currency: str) -> list[Decimal]:
    """The VAT of each item, in minor units, adding up to the shop's `tax`.

    Where the shop gave the item's VAT it stands. The others get their own VAT, rounded half up; what is
    then left of `tax` is placed a minor unit at a time on the items whose rounding went furthest the
    other way. More than half a minor unit for each such item, and half for the total, is no matter of
    rounding: that raises `PermanentError`.
    """
    unit = minor_unit(currency)
    open_items = [i for i, item in enumerate(items) if item.vat is None and item.exact != ZERO]
    exact = sum((item.exact if item.vat is None else item.vat for item in items), ZERO)
    if abs(tax - exact) > unit * (len(open_items) + 1) / 2:
        raise PermanentError(
            "VAT_NOT_EXPLAINED",
            f"The shop charged {tax} {currency} VAT, the rules come to {round_money(exact, currency)} "
            f"({_by_rule(items, currency)}). Check tax classes and country, or the rules, then resume.",
        )
    for position, item in enumerate(items, start=1):
        if item.vat is not None and abs(item.vat - item.exact) >= unit * 2:
            raise PermanentError(
                "VAT_NOT_EXPLAINED",
                f"Item {position}: the shop says {item.vat} {currency} VAT on {item.net}, at "
                f"{item.treatment.rate} % ({item.treatment.why}) it would be {round_money(item.exact, currency)}.",
            )
    vat = [round_money(item.exact, currency) if item.vat is None else item.vat for item in items]
    left = int((tax - sum(vat, ZERO)) / unit)
    sign = 1 if left > 0 else -1
    by_error = sorted(open_items, key=lambda i: sign * (items[i].exact - vat[i]), reverse=True)
    for index in by_error[: abs(left)]:
        vat[index] += unit * sign
    return vat


def _by_rule(items: Sequence[TaxedItem], currency: str) -> str:
    """The net sums behind an explanation: `100.00 at 20 % (standard in GB), ...`."""
    sums: dict[tuple[Decimal, str], Decimal] = {}
    for item in items:
        key = (item.treatment.rate, item.treatment.why)
        sums[key] = sums.get(key, ZERO) + item.net
    return ", ".join(f"{round_money(net, currency)} at {rate} % ({why})" for (rate, why), net in sums.items())
