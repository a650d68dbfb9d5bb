"""Where a sale is supplied, and so which VAT rule it falls under (docs/vat.md, "Places and buyers")."""

from dataclasses import dataclass
from datetime import date

from ..canonical.countries import Territory, is_country, territory
from ..errors import PermanentError
from ..rules.vat import Scheme, Supply, VatRules
from .vat_numbers import is_meant_as_number, vat_number_country

_NORTHERN_IRELAND = "XI"
_SCHEMES: dict[Scheme, str] = {"union": "OSS", "ioss": "IOSS", "non_union": "non-Union OSS"}
_SERVICES: dict[Supply, str] = {"digital": "digital service", "intangible": "Schedule 4A service"}


@dataclass(frozen=True, kw_only=True)
class Sale:
    """What decides the VAT of something sold.

    `country` (ISO code) and `postcode` are where it goes or is used, `vat_number` is the buyer's, which VIES or
    HMRC may have refused when the shop asked. `on` is the tax point. `is_over_ioss_limit` and `is_charged_vat` tell of
    the whole order. `label` names it in messages: `Line 7`, `Delivery`.
    """

    tax_class: str
    country: str
    supply: Supply = "goods"
    postcode: str = ""
    vat_number: str = ""
    is_vat_number_refused: bool = False
    on: date
    is_over_ioss_limit: bool = False
    is_charged_vat: bool = False
    label: str

    @property
    def place(self) -> Territory:
        return territory(self.country, self.postcode)


@dataclass(frozen=True)
class SupplyRule:
    """The class that applies, and why. With `oss_country`, that country's percentage replaces the class's own."""

    tax_class: str
    why: str
    oss_country: str = ""
    scheme: str = ""
    is_domestic: bool = False
    is_reverse_charge: bool = False


def rule_for(sale: Sale, rules: VatRules) -> SupplyRule:
    """The rule that a sale falls under.

    Raises `PermanentError` where the law asks a question that the rules do not answer.
    """
    if not is_country(sale.country):
        raise PermanentError(
            "COUNTRY_UNKNOWN",
            f"{sale.label} goes to country {sale.country or 'none'!r}, which is no ISO country code, so its VAT is not "
            "known. Correct the address in Sitecore, or set `vat.country_when_missing` in the rules for orders "
            "without any; then resume.",
        )
    if is_domestic(sale, rules):
        place = "GB (Northern Ireland)" if sale.place.code == _NORTHERN_IRELAND else sale.place.code
        return SupplyRule(sale.tax_class, f"{sale.tax_class} in {place}", is_domestic=True)
    if sale.supply in ("land", "event"):
        return _rule_on_the_spot(sale, rules)
    if sale.supply == "goods":
        return _rule_for_goods_abroad(sale, rules)
    return _rule_for_service_abroad(sale, rules)


def is_domestic(sale: Sale, rules: VatRules) -> bool:
    """Whether UK VAT holds where it goes."""
    code = sale.place.code
    return ("GB" if code == _NORTHERN_IRELAND else code) in rules.domestic_countries


def _rule_for_goods_abroad(sale: Sale, rules: VatRules) -> SupplyRule:
    in_eu = sale.place.vat_of in rules.eu_countries
    if in_eu and rules.ships_from == "northern_ireland":
        return _rule_for_dispatch(sale, rules)
    if in_eu and "ioss" in rules.oss.scheme and not _is_business(sale, rules):
        return _rule_for_import(sale, rules)
    return SupplyRule(rules.export_class, f"export to {sale.place.code}")


def _rule_for_import(sale: Sale, rules: VatRules) -> SupplyRule:
    """Goods to a consumer in the EU of a shop with IOSS: small consignments without excise goods are under it."""
    if not (sale.is_over_ioss_limit or rules.classes[sale.tax_class].excise):
        return _oss_rule(sale, "ioss", "goods")
    if sale.is_charged_vat:
        raise PermanentError(
            "OVER_IOSS_LIMIT",
            f"{sale.label} goes to {sale.place.code} with VAT charged, but its order is over `vat.oss.limit`, has a "
            "currency that has no limit there, or holds excise goods: IOSS does not cover it. Correct the order in "
            "Sitecore or the rules, then resume; or book it by hand and abandon it here.",
        )
    return SupplyRule(rules.export_class, f"export to {sale.place.code}, outside IOSS")


def _rule_for_dispatch(sale: Sale, rules: VatRules) -> SupplyRule:
    """Goods from Northern Ireland to the EU, where EU rules apply (VAT Notice 725 and the Windsor Framework)."""
    country = sale.place.code
    if rules.northern_ireland_to_eu == "park":
        raise PermanentError(
            "NORTHERN_IRELAND_TO_EU",
            f"{sale.label} goes from Northern Ireland to {country}, where EU rules hold. "
            "Set `vat.northern_ireland_to_eu` in the rules, then resume.",
        )
    if _is_business(sale, rules):
        return SupplyRule(rules.export_class, f"dispatch to a business in {country}")
    if "union" in rules.oss.scheme:
        return _oss_rule(sale, "union", "goods")
    why = f"{sale.tax_class} in GB, distance sale to {country} below the OSS threshold"
    return SupplyRule(sale.tax_class, why, is_domestic=True)


def _rule_on_the_spot(sale: Sale, rules: VatRules) -> SupplyRule:
    """Services tied to land and admission to events are supplied where these are, whoever buys (Notice 741A)."""
    if rules.land_and_events == "park":
        raise PermanentError(
            "PLACE_OF_SUPPLY_UNKNOWN",
            f"{sale.label} is supplied where the {sale.supply} is, which Sitecore does not say, and its customer is in "
            f"{sale.place.code}. If all are in the UK set `vat.land_and_events` to domestic in the rules, then resume; "
            "otherwise book it by hand and abandon it here.",
        )
    return SupplyRule(sale.tax_class, f"{sale.tax_class} in GB, where the {sale.supply} is", is_domestic=True)


def _rule_for_service_abroad(sale: Sale, rules: VatRules) -> SupplyRule:
    """Services are supplied where a business buyer is.

    Digital ones, and those of VATA Schedule 4A, paragraph 16, also where a consumer is (VAT Notice 741A).
    """
    country, in_eu = sale.place.code, sale.place.vat_of in rules.eu_countries
    service = _SERVICES.get(sale.supply, "service")
    if _is_business(sale, rules):
        buyer = f"{service} to a business in {country}"
        if in_eu:
            return SupplyRule(rules.reverse_charge_class, f"reverse charge, {buyer}", is_reverse_charge=True)
        return SupplyRule(rules.outside_scope_class, f"outside the scope, {buyer}")
    if sale.supply == "service":
        why = f"{sale.tax_class} in GB, service to a consumer in {country} is supplied here"
        return SupplyRule(sale.tax_class, why, is_domestic=True)
    if in_eu and sale.supply == "digital" and "non_union" in rules.oss.scheme:
        return _oss_rule(sale, "non_union", service)
    return SupplyRule(rules.outside_scope_class, f"outside the scope, {service} to a consumer in {country}")


def _oss_rule(sale: Sale, scheme: Scheme, what: str) -> SupplyRule:
    place = sale.place
    country = place.code if "-" in place.code else place.vat_of
    why = f"{_SCHEMES[scheme]}: {sale.tax_class} in {country}, {what} to a consumer"
    return SupplyRule(sale.tax_class, why, oss_country=country, scheme=_SCHEMES[scheme])


def _is_business(sale: Sale, rules: VatRules) -> bool:
    """Whether the buyer has a VAT number; in the EU one of an EU country, with the right check digits.

    One that is wrong, refused, or of another country, parks the order, because it would decide the VAT.
    """
    if not is_meant_as_number(sale.vat_number):
        return False
    place = sale.place
    if place.vat_of not in rules.eu_countries:
        return True
    found = vat_number_country(sale.vat_number, place.vat_of)
    if found not in rules.eu_countries or sale.is_vat_number_refused:
        fault = _fault(found, sale)
        raise PermanentError(
            "VAT_NUMBER_INVALID",
            f"{sale.label} goes to {place.code}, and its VAT depends on the customer's VAT number, which {fault}. "
            "Correct or remove the number in Sitecore, then resume.",
        )
    return True


def _fault(found: str | None, sale: Sale) -> str:
    if not found:
        return "is of no country's form or fails its check digits"
    if sale.is_vat_number_refused:
        return "is not registered, by the answer that the shop got when it asked"
    return "is not of an EU country"
