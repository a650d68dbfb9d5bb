"""Which VAT rule a sale falls under: where it goes, what it is, and who buys it."""

from decimal import Decimal

import pytest

from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.place_of_supply import Sale, vat_number_format
from sitecore_kashflow.plan.vat import treatment_for
from sitecore_kashflow.rules.document import default_rules
from sitecore_kashflow.rules.model import Supply, VatRules
from tests.builders import rules

VAT = default_rules().vat
OSS = rules("vat: {oss: {goods: true, digital: true, rates: {DE: {standard: 19, reduced: 7}}}}").vat
BELFAST = rules("vat: {ships_from: northern_ireland, northern_ireland_to_eu: dispatch}").vat


def sale(
    country: str, supply: Supply = "goods", number: str = "", postcode: str = "", tax_class: str = "standard"
) -> Sale:
    return Sale(
        tax_class=tax_class, country=country, supply=supply, postcode=postcode, vat_number=number, label="Line 1"
    )


def rate_and_reason(one: Sale, of: VatRules = VAT) -> tuple[str, str]:
    treatment = treatment_for(one, of)
    return str(treatment.rate), treatment.why


def refusal(one: Sale, of: VatRules = VAT) -> PermanentError:
    with pytest.raises(PermanentError) as caught:
        treatment_for(one, of)
    return caught.value


@pytest.mark.parametrize("supply", ["goods", "digital", "service"])
@pytest.mark.parametrize(
    ("country", "postcode", "why"),
    [
        ("GB", "LS1 1AA", "standard in GB"),
        ("GB", "BT1 5GS", "standard in GB (Northern Ireland)"),
        ("GB", "bt1 5gs", "standard in GB (Northern Ireland)"),
        ("IM", "IM1 2BG", "standard in IM"),
    ],
)
def test_the_united_kingdom_and_the_isle_of_man_pay_uk_vat(
    supply: Supply, country: str, postcode: str, why: str
) -> None:
    assert rate_and_reason(sale(country, supply, postcode=postcode)) == ("20", why)
    assert rate_and_reason(sale(country, supply, "GB123456789", postcode=postcode)) == ("20", why)


@pytest.mark.parametrize("country", ["JE", "GG", "US", "NO", "FR", "DE"])
@pytest.mark.parametrize("number", ["", "DE123456789", "nonsense"])
def test_goods_that_leave_the_united_kingdom_are_an_export_whoever_buys_them(country: str, number: str) -> None:
    assert rate_and_reason(sale(country, number=number)) == ("0", f"export to {country}")


@pytest.mark.parametrize(
    ("country", "supply", "number", "why"),
    [
        ("DE", "digital", "DE123456789", "reverse charge, digital service to a business in DE"),
        ("DE", "service", "DE 123 456 789", "reverse charge, service to a business in DE"),
        ("GR", "service", "EL123456789", "reverse charge, service to a business in GR"),
        ("FR", "service", "40303265045", "reverse charge, service to a business in FR"),
        ("US", "service", "12-3456789", "outside the scope, service to a business in US"),
        ("US", "digital", "", "outside the scope, digital service to a consumer in US"),
        ("JE", "digital", "", "outside the scope, digital service to a consumer in JE"),
        ("DE", "digital", "", "outside the scope, digital service to a consumer in DE"),
    ],
)
def test_a_service_to_a_business_or_a_digital_one_to_anybody_abroad_carries_no_uk_vat(
    country: str, supply: Supply, number: str, why: str
) -> None:
    assert rate_and_reason(sale(country, supply, number)) == ("0", why)


def test_any_other_service_to_a_consumer_abroad_is_supplied_here() -> None:
    assert rate_and_reason(sale("US", "service")) == (
        "20",
        "standard in GB, service to a consumer in US is supplied here",
    )


def test_a_registered_shop_charges_eu_consumers_their_own_countrys_vat() -> None:
    assert rate_and_reason(sale("DE"), OSS) == ("19", "OSS: standard in DE, goods to a consumer")
    assert rate_and_reason(sale("DE", "digital", tax_class="reduced"), OSS) == (
        "7",
        "OSS: reduced in DE, digital service to a consumer",
    )


def test_a_registered_shop_charges_no_eu_vat_to_businesses_or_outside_the_eu() -> None:
    assert rate_and_reason(sale("DE", number="DE123456789"), OSS) == ("0", "export to DE")
    assert rate_and_reason(sale("CH"), OSS) == ("0", "export to CH")
    assert rate_and_reason(sale("GB"), OSS) == ("20", "standard in GB")


def test_a_country_or_class_without_percentage_is_parked_with_the_place_to_add_it() -> None:
    error = refusal(sale("FR"), OSS)
    assert error.code == "OSS_RATE_MISSING"
    assert "`vat.oss.rates`" in error.words
    assert refusal(sale("DE", tax_class="zero"), OSS).code == "OSS_RATE_MISSING"


@pytest.mark.parametrize(
    ("country", "supply", "of"), [("DE", "digital", VAT), ("FR", "service", VAT), ("DE", "goods", OSS)]
)
def test_a_vat_number_of_the_wrong_form_is_parked_where_it_decides(country: str, supply: Supply, of: VatRules) -> None:
    error = refusal(sale(country, supply, "DE12"), of)
    assert error.code == "VAT_NUMBER_INVALID"
    assert "DE12" not in error.words


def test_goods_from_northern_ireland_to_the_eu_are_parked_until_a_rule_is_set() -> None:
    error = refusal(sale("FR"), rules("vat: {ships_from: northern_ireland}").vat)
    assert error.code == "NORTHERN_IRELAND_TO_EU"
    assert "`vat.northern_ireland_to_eu`" in error.words


def test_goods_from_northern_ireland_by_rule_are_dispatched_or_sold_at_a_distance() -> None:
    with_oss = rules(
        "vat: {ships_from: northern_ireland, northern_ireland_to_eu: dispatch, "
        "oss: {goods: true, rates: {FR: {standard: 20}}}}"
    )
    assert rate_and_reason(sale("FR", number="FR40303265045"), BELFAST) == ("0", "dispatch to a business in FR")
    assert rate_and_reason(sale("FR"), BELFAST)[0] == "20"
    assert rate_and_reason(sale("FR"), with_oss.vat)[1] == "OSS: standard in FR, goods to a consumer"
    assert rate_and_reason(sale("US"), BELFAST) == ("0", "export to US")
    assert rate_and_reason(sale("GB"), BELFAST) == ("20", "standard in GB")


EXAMPLES = {
    "AT": "ATU12345678", "BE": "BE0123456789", "BG": "BG123456789", "CY": "CY12345678X", "CZ": "CZ12345678",
    "DE": "DE123456789", "DK": "DK12345678", "EE": "EE123456789", "ES": "ESX1234567X", "FI": "FI12345678",
    "FR": "FRXX123456789", "GB": "GB123456789", "GR": "EL123456789", "HR": "HR12345678901", "HU": "HU12345678",
    "IE": "IE1234567WA", "IT": "IT12345678901", "LT": "LT123456789012", "LU": "LU12345678", "LV": "LV12345678901",
    "MT": "MT12345678", "NL": "NL123456789B12", "PL": "PL1234567890", "PT": "PT123456789", "RO": "RO1234567890",
    "SE": "SE123456789012", "SI": "SI12345678", "SK": "SK1234567890", "XI": "XI123456789",
}  # fmt: skip


@pytest.mark.parametrize(("country", "number"), EXAMPLES.items())
def test_the_form_of_a_vat_number_is_known_for_every_country_of_the_eu(country: str, number: str) -> None:
    assert vat_number_format(number, country, VAT) == "valid"
    assert vat_number_format(f"{number[:2]} {number[2:5]}.{number[5:]}".lower(), country, VAT) == "valid"
    assert vat_number_format(number + "7777777", country, VAT) == "invalid"
    assert vat_number_format(number[:3], country, VAT) == "invalid"


def test_every_eu_country_has_a_form_and_a_standard_percentage() -> None:
    assert len(VAT.eu_countries) == 27
    assert set(VAT.eu_countries) <= set(VAT.vat_number_formats)
    assert set(VAT.oss.rates) == set(VAT.eu_countries)
    assert all(15 <= rates["standard"] <= Decimal(27) for rates in VAT.oss.rates.values())


def test_a_number_from_outside_is_taken_as_it_is() -> None:
    assert vat_number_format("12-3456789", "US", VAT) == "unknown"


def test_a_format_that_is_no_pattern_is_refused_by_its_country() -> None:
    with pytest.raises(PermanentError, match=r"vat.vat_number_formats: .*DE: no regular expression"):
        rules("vat: {vat_number_formats: {DE: '['}}")
