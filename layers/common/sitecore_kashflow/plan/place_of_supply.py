"""Where a sale is supplied, and so which VAT rule it falls under (docs/vat.md, "Places and buyers")."""

import re
from dataclasses import dataclass
from typing import Literal

from ..canonical.countries import is_country
from ..errors import PermanentError
from ..rules.model import Supply, VatRules

_NORTHERN_IRELAND = "BT"


@dataclass(frozen=True, kw_only=True)
class Sale:
    """What decides the VAT of something sold.

    `country` (ISO code) and `postcode` are where it goes or is used, `vat_number` is the buyer's. `label` names it
    in messages: `Line 7`, `Delivery`.
    """

    tax_class: str
    country: str
    supply: Supply = "goods"
    postcode: str = ""
    vat_number: str = ""
    label: str


@dataclass(frozen=True)
class SupplyRule:
    """The class that applies, and why. With `oss_country`, that country's percentage replaces the class's own."""

    tax_class: str
    why: str
    oss_country: str = ""
    is_domestic: bool = False


def rule_for(sale: Sale, rules: VatRules) -> SupplyRule:
    """The rule that a sale falls under.

    Raises `PermanentError` where the law asks a question that the rules do not answer.
    """
    if not is_country(sale.country):
        raise PermanentError(
            "COUNTRY_UNKNOWN",
            f"{sale.label} goes to country {sale.country or 'none'!r}, which is no ISO country code, so its VAT is not "
            "known. Correct the address in Sitecore, then resume.",
        )
    if sale.country in rules.domestic_countries:
        is_northern = sale.country == "GB" and sale.postcode.upper().startswith(_NORTHERN_IRELAND)
        place = "GB (Northern Ireland)" if is_northern else sale.country
        return SupplyRule(sale.tax_class, f"{sale.tax_class} in {place}", is_domestic=True)
    if sale.supply == "goods":
        return _rule_for_goods_abroad(sale, rules)
    return _rule_for_service_abroad(sale, rules)


def _rule_for_goods_abroad(sale: Sale, rules: VatRules) -> SupplyRule:
    in_eu = sale.country in rules.eu_countries
    if in_eu and rules.ships_from == "northern_ireland":
        return _rule_for_dispatch(sale, rules)
    if in_eu and rules.oss.goods and not _is_business(sale, rules):
        return _oss_rule(sale, "goods")
    return SupplyRule(rules.export_class, f"export to {sale.country}")


def _rule_for_dispatch(sale: Sale, rules: VatRules) -> SupplyRule:
    """Goods from Northern Ireland to the EU, where EU rules apply (VAT Notice 725 and the Windsor Framework)."""
    if rules.northern_ireland_to_eu == "park":
        raise PermanentError(
            "NORTHERN_IRELAND_TO_EU",
            f"{sale.label} goes from Northern Ireland to {sale.country}, where EU rules hold. "
            "Set `vat.northern_ireland_to_eu` in the rules, then resume.",
        )
    if _is_business(sale, rules):
        return SupplyRule(rules.export_class, f"dispatch to a business in {sale.country}")
    if rules.oss.goods:
        return _oss_rule(sale, "goods")
    why = f"{sale.tax_class} in GB, distance sale to {sale.country} below the OSS threshold"
    return SupplyRule(sale.tax_class, why, is_domestic=True)


def _rule_for_service_abroad(sale: Sale, rules: VatRules) -> SupplyRule:
    """Services are supplied where a business buyer is; digital ones also where a consumer is (VAT Notice 741A)."""
    in_eu = sale.country in rules.eu_countries
    service = "digital service" if sale.supply == "digital" else "service"
    if _is_business(sale, rules):
        buyer = f"{service} to a business in {sale.country}"
        if in_eu:
            return SupplyRule(rules.reverse_charge_class, f"reverse charge, {buyer}")
        return SupplyRule(rules.outside_scope_class, f"outside the scope, {buyer}")
    if sale.supply == "service":
        why = f"{sale.tax_class} in GB, service to a consumer in {sale.country} is supplied here"
        return SupplyRule(sale.tax_class, why, is_domestic=True)
    if in_eu and rules.oss.digital:
        return _oss_rule(sale, service)
    return SupplyRule(rules.outside_scope_class, f"outside the scope, {service} to a consumer in {sale.country}")


def _oss_rule(sale: Sale, what: str) -> SupplyRule:
    why = f"OSS: {sale.tax_class} in {sale.country}, {what} to a consumer"
    return SupplyRule(sale.tax_class, why, oss_country=sale.country)


def _is_business(sale: Sale, rules: VatRules) -> bool:
    """Whether the buyer has a VAT number. One in the wrong format parks the order, because it would decide the VAT."""
    if not sale.vat_number:
        return False
    if vat_number_format(sale.vat_number, sale.country, rules) == "invalid":
        raise PermanentError(
            "VAT_NUMBER_INVALID",
            f"{sale.label} goes to {sale.country}, and its VAT depends on the customer's VAT number, which has not the "
            "format of that country. Correct or remove the number in Sitecore, then resume.",
        )
    return True


def vat_number_format(number: str, country: str, rules: VatRules) -> Literal["valid", "invalid", "unknown"]:
    """Whether a VAT number has the format of its prefix, or of `country` if it has none.

    Only the format is checked; whether the number is registered is for KashFlow or VIES to say.
    """
    plain = re.sub(r"[\s.\-/]", "", number).upper()
    prefix, rest = plain[:2], plain[2:]
    pattern = rules.vat_number_formats.get("GR" if prefix == "EL" else prefix)
    if pattern is not None and re.fullmatch(pattern, rest):
        return "valid"
    local_pattern = rules.vat_number_formats.get(country)
    if local_pattern is None:
        return "invalid" if pattern is not None else "unknown"
    return "valid" if re.fullmatch(local_pattern, plain) else "invalid"
