"""Where a sale is supplied, and so which VAT rule it falls under (docs/vat.md, "Places and buyers")."""

import re
from dataclasses import dataclass
from typing import Literal

from ..errors import PermanentError
from ..rules.model import Supply, VatRules

_NORTHERN_IRELAND = "BT"


@dataclass(frozen=True)
class Circumstances:
    """What decides besides class and country: the kind of supply, the postcode, the buyer's VAT number."""

    supply: Supply = "goods"
    postcode: str = ""
    vat_number: str = ""


PLAIN = Circumstances()


@dataclass(frozen=True)
class Ruling:
    """The class that holds; `rate_of` names the country whose own percentage replaces the class's."""

    tax_class: str
    why: str
    rate_of: str = ""
    is_domestic: bool = False


def ruling(tax_class: str, country: str, case: Circumstances, rules: VatRules, what: str) -> Ruling:
    """The rule for something of `tax_class` that goes to, or is used in, `country` (ISO code).

    Raises `PermanentError` where the law asks a question that the rules do not answer.
    """
    if country in rules.domestic_countries:
        is_northern = country == "GB" and case.postcode.upper().startswith(_NORTHERN_IRELAND)
        place = "GB (Northern Ireland)" if is_northern else country
        return Ruling(tax_class, f"{tax_class} in {place}", is_domestic=True)
    if case.supply == "goods":
        return _goods_abroad(tax_class, country, case, rules, what)
    return _service_abroad(tax_class, country, case, rules, what)


def _goods_abroad(tax_class: str, country: str, case: Circumstances, rules: VatRules, what: str) -> Ruling:
    in_eu = country in rules.eu_countries
    if in_eu and rules.ships_from == "northern_ireland":
        return _dispatch(tax_class, country, case, rules, what)
    if in_eu and rules.oss.goods and not _is_business(case, country, rules, what):
        return Ruling(tax_class, f"OSS: {tax_class} in {country}, goods to a consumer", rate_of=country)
    return Ruling(rules.export_class, f"export to {country}")


def _dispatch(tax_class: str, country: str, case: Circumstances, rules: VatRules, what: str) -> Ruling:
    """Goods from Northern Ireland to the EU, where EU rules hold (VAT Notice 725 and the Windsor Framework)."""
    if rules.northern_ireland_to_eu == "park":
        raise PermanentError(
            "NORTHERN_IRELAND_TO_EU",
            f"{what} goes from Northern Ireland to {country}, where EU rules hold. "
            "Set `vat.northern_ireland_to_eu` in the rules, then resume.",
        )
    if _is_business(case, country, rules, what):
        return Ruling(rules.export_class, f"dispatch to a business in {country}")
    if rules.oss.goods:
        return Ruling(tax_class, f"OSS: {tax_class} in {country}, goods to a consumer", rate_of=country)
    return Ruling(tax_class, f"{tax_class} in GB, distance sale to {country} below the OSS threshold", is_domestic=True)


def _service_abroad(tax_class: str, country: str, case: Circumstances, rules: VatRules, what: str) -> Ruling:
    """Services belong where a business buyer is; digital ones also where a consumer is (VAT Notice 741A)."""
    in_eu = country in rules.eu_countries
    if _is_business(case, country, rules, what):
        kind = "digital service" if case.supply == "digital" else "service"
        if in_eu:
            return Ruling(rules.reverse_charge_class, f"reverse charge, {kind} to a business in {country}")
        return Ruling(rules.outside_scope_class, f"outside the scope, {kind} to a business in {country}")
    if case.supply == "service":
        return Ruling(
            tax_class, f"{tax_class} in GB, service to a consumer in {country} is supplied here", is_domestic=True
        )
    if in_eu and rules.oss.digital:
        return Ruling(tax_class, f"OSS: {tax_class} in {country}, digital service to a consumer", rate_of=country)
    return Ruling(rules.outside_scope_class, f"outside the scope, digital service to a consumer in {country}")


def _is_business(case: Circumstances, country: str, rules: VatRules, what: str) -> bool:
    """A buyer with a VAT number of valid format. One in the wrong format parks: it would decide the VAT."""
    if not case.vat_number:
        return False
    if vat_number_format(case.vat_number, country, rules) == "invalid":
        raise PermanentError(
            "VAT_NUMBER_INVALID",
            f"{what} goes to {country}, and its VAT depends on the customer's VAT number, which has not the "
            "format of that country. Correct or remove the number in Sitecore, then resume.",
        )
    return True


def vat_number_format(number: str, country: str, rules: VatRules) -> Literal["valid", "invalid", "unknown"]:
    """Whether a VAT number has the format of its prefix, or of `country` if it has none.

    Only the form is looked at; whether the number is registered is KashFlow's or VIES's business.
    """
    plain = re.sub(r"[\s.\-/]", "", number).upper()
    prefix, rest = plain[:2], plain[2:]
    pattern = rules.vat_number_formats.get("GR" if prefix == "EL" else prefix)
    if pattern is not None and re.fullmatch(pattern, rest):
        return "valid"
    own = rules.vat_number_formats.get(country)
    if own is None:
        return "invalid" if pattern is not None else "unknown"
    return "valid" if re.fullmatch(own, plain) else "invalid"
