"""Which VAT an item carries (docs/vat.md)."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ..errors import PermanentError
from ..rules.vat import Box, VatRules
from .place_of_supply import Sale, SupplyRule, rule_for


@dataclass(frozen=True)
class Treatment:
    """How an item is taxed: class, percentage, box of the UK return, and the rule behind it.

    With `oss_country` the percentage is that country's, and its VAT is no UK VAT but due under a `scheme` of the EU.
    """

    tax_class: str
    rate: Decimal
    box: Box
    why: str
    oss_country: str = ""
    scheme: str = ""
    is_reverse_charge: bool = False


def treatment_for(sale: Sale, rules: VatRules) -> Treatment:
    """The treatment of something whose tax class is known."""
    return _treatment_by(rule_for(sale, rules), sale, rules)


def treatment_for_line(sale: Sale, stated_rate: Decimal | None, rules: VatRules) -> Treatment:
    """The treatment of an order line, by the shop's own word for its tax class (or none) and its own percentage."""
    word = sale.tax_class.strip()
    class_of_rate = _class_of_rate(stated_rate, rules, sale.on)
    tax_class = rules.class_by_word.get(word.upper()) if word else class_of_rate or rules.class_when_missing
    if tax_class is None:
        raise PermanentError(
            "TAX_CLASS_UNKNOWN",
            f"{sale.label} has the tax class {word or 'none'!r}, which no rule knows. "
            "Add it to `vat.class_words` in the rules, then resume.",
        )
    sale = replace(sale, tax_class=tax_class)
    rule = rule_for(sale, rules)
    if stated_rate is None or not rule.is_domestic:
        return _treatment_by(rule, sale, rules)
    if class_of_rate is None and not rules.classes[tax_class].park:
        raise PermanentError(
            "VAT_RATE_UNKNOWN",
            f"{sale.label} says {stated_rate} % VAT, and no class in the rules has that percentage on {sale.on}. "
            "Correct the line in Sitecore or add a class to `vat.classes`, then resume.",
        )
    if word and stated_rate != rules.classes[tax_class].rate_on(sale.on):
        raise PermanentError(
            "TAX_CLASS_CONTRADICTS_RATE",
            f"{sale.label} has the tax class {word!r}, which is {rules.classes[tax_class].rate_on(sale.on)} % on "
            f"{sale.on}, and says {stated_rate} %. Correct one of them in Sitecore, or the class in the rules; then "
            "resume.",
        )
    return _treatment_by(rule, sale, rules)


def _treatment_by(rule: SupplyRule, sale: Sale, rules: VatRules) -> Treatment:
    vat_class = rules.classes[rule.tax_class]
    reason = vat_class.park or rules.classes[sale.tax_class].park
    if reason:
        raise PermanentError(
            "TAX_CLASS_BY_HAND",
            f"{sale.label} is of the class {sale.tax_class}: {reason}. Book it by hand, then abandon it here.",
        )
    if not rule.oss_country:
        is_reversed, percentage = rule.is_reverse_charge, vat_class.rate_on(sale.on)
        return Treatment(rule.tax_class, percentage, vat_class.in_box, rule.why, is_reverse_charge=is_reversed)
    rate = rules.oss.rate_on(rule.oss_country, rule.tax_class, sale.on)
    if rate is None:
        raise PermanentError(
            "OSS_RATE_MISSING",
            f"{sale.label} is taxed in {rule.oss_country}, and the rules have no percentage there for "
            f"{rule.tax_class}. Add it to `vat.oss.rates`, then resume.",
        )
    return Treatment(rule.tax_class, rate, "abroad", rule.why, rule.oss_country, rule.scheme)


def no_supply(why: str, rules: VatRules) -> Treatment:
    """The treatment of what is no supply, and so in no box of the return."""
    return Treatment(rules.no_supply_class, rules.classes[rules.no_supply_class].rate, "none", why)


def _class_of_rate(rate: Decimal | None, rules: VatRules, day: date) -> str | None:
    """The class with that percentage, of those that stand for sales in the UK."""
    sold_here = {name: one for name, one in rules.classes.items() if one.in_box in ("taxable", "zero") and not one.park}
    return next((name for name, one in sold_here.items() if one.rate_on(day) == rate), None)
