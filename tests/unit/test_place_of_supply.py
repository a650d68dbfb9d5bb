"""Which VAT rule a sale falls under: where it goes, what it is, and who buys it."""

from dataclasses import replace
from datetime import date

import pytest

from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.place_of_supply import Sale
from sitecore_kashflow.plan.vat import treatment_for
from sitecore_kashflow.plan.vat_numbers import vat_number_country
from sitecore_kashflow.rules.document import default_rules
from sitecore_kashflow.rules.vat import Supply, VatRules
from tests.builders import rules

VAT = default_rules().vat
OSS = rules("vat: {oss: {scheme: [ioss, non_union], rates: {DE: {standard: 19, reduced: 7}}}}").vat
EU = "{PT: {standard: 23}, PT-20: {standard: 16}, PT-30: {standard: 22}, FR: {standard: 20}, ES: {standard: 21}}"
BELFAST = rules("vat: {ships_from: northern_ireland, northern_ireland_to_eu: dispatch}").vat


def sale(
    country: str, supply: Supply = "goods", number: str = "", postcode: str = "", tax_class: str = "standard"
) -> Sale:
    return Sale(
        tax_class=tax_class,
        country=country,
        supply=supply,
        postcode=postcode,
        vat_number=number,
        on=date(2026, 11, 20),
        label="Line 1",
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
        ("GB", "GB-BT1 5GS", "standard in GB (Northern Ireland)"),
        ("IM", "IM1 2BG", "standard in IM"),
    ],
)
def test_the_united_kingdom_and_the_isle_of_man_pay_uk_vat(
    supply: Supply, country: str, postcode: str, why: str
) -> None:
    assert rate_and_reason(sale(country, supply, postcode=postcode)) == ("20", why)
    assert rate_and_reason(sale(country, supply, "GB980780684", postcode=postcode)) == ("20", why)


@pytest.mark.parametrize("country", ["JE", "GG", "US", "NO", "FR", "DE"])
@pytest.mark.parametrize("number", ["", "DE136695976", "nonsense"])
def test_goods_that_leave_the_united_kingdom_are_an_export_whoever_buys_them(country: str, number: str) -> None:
    assert rate_and_reason(sale(country, number=number)) == ("0", f"export to {country}")


@pytest.mark.parametrize(
    ("country", "supply", "number", "why"),
    [
        ("DE", "digital", "DE136695976", "reverse charge, digital service to a business in DE"),
        ("DE", "service", "DE 136 695 976", "reverse charge, service to a business in DE"),
        ("GR", "service", "EL094259216", "reverse charge, service to a business in GR"),
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
    assert rate_and_reason(sale("DE"), OSS) == ("19", "IOSS: standard in DE, goods to a consumer")
    assert rate_and_reason(sale("DE", "digital", tax_class="reduced"), OSS) == (
        "7",
        "non-Union OSS: reduced in DE, digital service to a consumer",
    )


def test_a_registered_shop_charges_no_eu_vat_to_businesses_or_outside_the_eu() -> None:
    assert rate_and_reason(sale("DE", number="DE136695976"), OSS) == ("0", "export to DE")
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


def test_a_number_that_vies_refused_when_the_shop_asked_parks_a_sale_that_depends_on_it() -> None:
    asked = replace(sale("DE", "service", "DE136695976"), is_vat_number_refused=True)
    assert treatment_for(replace(asked, is_vat_number_refused=False), VAT).why.startswith("reverse charge")
    assert "is not registered" in refusal(asked, VAT).words
    assert treatment_for(replace(asked, country="US"), VAT) == treatment_for(sale("US", "service", "DE136695976"), VAT)


def test_goods_from_northern_ireland_to_the_eu_are_parked_until_a_rule_is_set() -> None:
    error = refusal(sale("FR"), rules("vat: {ships_from: northern_ireland}").vat)
    assert error.code == "NORTHERN_IRELAND_TO_EU"
    assert "`vat.northern_ireland_to_eu`" in error.words


def test_goods_from_northern_ireland_by_rule_are_dispatched_or_sold_at_a_distance() -> None:
    with_oss = rules(
        "vat: {ships_from: northern_ireland, northern_ireland_to_eu: dispatch, "
        "oss: {scheme: union, rates: {FR: {standard: 20}}}}"
    )
    assert rate_and_reason(sale("FR", number="FR40303265045"), BELFAST) == ("0", "dispatch to a business in FR")
    assert rate_and_reason(sale("FR"), BELFAST)[0] == "20"
    assert rate_and_reason(sale("FR"), with_oss.vat)[1] == "OSS: standard in FR, goods to a consumer"
    assert rate_and_reason(sale("US"), BELFAST) == ("0", "export to US")
    assert rate_and_reason(sale("GB"), BELFAST) == ("20", "standard in GB")


NUMBERS = {
    "AT": "ATU13585627", "BE": "BE0403019261", "DE": "DE136695976", "FR": "FR40303265045", "GB": "GB980780684",
    "GR": "EL094259216", "IE": "IE6433435F", "IT": "IT00743110157", "XI": "XI980780684",
}  # fmt: skip


@pytest.mark.parametrize(("country", "number"), NUMBERS.items())
def test_a_vat_number_is_known_by_its_check_digits_however_it_is_spaced(country: str, number: str) -> None:
    last = "2" if number[-1] != "2" else "3"
    assert vat_number_country(number, "US") == country
    assert vat_number_country(f"{number[:2]} {number[2:5]}.{number[5:]}".lower(), "US") == country
    assert vat_number_country(number[:-1] + last, country) is None
    assert vat_number_country(number[2:], country) == country


@pytest.mark.parametrize("text", ["", "n/a", "none", "--", "private"])
def test_words_in_place_of_a_vat_number_make_no_business_of_a_consumer(text: str) -> None:
    assert rate_and_reason(sale("US", "service", text))[1].endswith("is supplied here")
    assert rate_and_reason(sale("DE", number=text), OSS)[0] == "19"


@pytest.mark.parametrize("number", ["GB980780684", "XI980780684", "DE136695978", "GB123456789"])
def test_a_number_that_is_not_of_the_eu_parks_a_sale_to_the_eu_that_depends_on_it(number: str) -> None:
    error = refusal(sale("DE", "service", number))
    assert error.code == "VAT_NUMBER_INVALID"
    assert number not in error.words


def test_every_eu_country_has_a_standard_percentage() -> None:
    day = date(2026, 11, 20)
    assert len(VAT.eu_countries) == 27
    assert set(VAT.oss.rates) == {*VAT.eu_countries, "PT-20", "PT-30"}
    assert all(15 <= (VAT.oss.rate_on(one, "standard", day) or 0) <= 27 for one in VAT.oss.rates)


@pytest.mark.parametrize(
    ("country", "postcode", "to"),
    [
        ("GB", "JE2 3AB", "JE"),
        ("GB", "gy1 1aa", "GG"),
        ("ES", "35001", "IC"),
        ("IC", "35001", "IC"),
        ("ES", "51001", "EA"),
        ("FI", "AX-22100", "AX"),
        ("FR", "97110", "GP"),
        ("DE", "D-78266", "Büsingen"),
        ("DE", "27498", "Heligoland"),
        ("IT", "23041", "Livigno"),
        ("GR", "630 86", "Mount Athos"),
        ("XK", "10000", "XK"),
    ],
)
def test_territories_outside_the_vat_of_their_country_get_an_export_under_one_stop_shop(
    country: str, postcode: str, to: str
) -> None:
    assert rate_and_reason(sale(country, postcode=postcode), OSS) == ("0", f"export to {to}")


@pytest.mark.parametrize(
    ("country", "postcode", "rate", "of"),
    [
        ("MC", "98000", "20", "FR"),
        ("PT", "9000-049", "22", "PT-30"),
        ("PT", "9500-321", "16", "PT-20"),
        ("PT", "1000-001", "23", "PT"),
        ("ES", "28001", "21", "ES"),
    ],
)
def test_territories_with_percentages_of_their_own_or_of_another_country_get_those(
    country: str, postcode: str, rate: str, of: str
) -> None:
    found = rate_and_reason(sale(country, postcode=postcode), rules(f"vat: {{oss: {{scheme: ioss, rates: {EU}}}}}").vat)
    assert found == (rate, f"IOSS: standard in {of}, goods to a consumer")


def test_northern_ireland_may_be_written_as_a_country() -> None:
    assert rate_and_reason(sale("XI", postcode="BT1 5GS")) == ("20", "standard in GB (Northern Ireland)")


def test_excise_goods_and_large_consignments_are_outside_ioss() -> None:
    shop = rules(
        "vat: {classes: {standard: {rate: 20}, wine: {rate: 20, excise: true}, zero: {rate: 0}, export: {rate: 0}, "
        "reverse_charge: {rate: 0}, outside_scope: {rate: 0}, no_supply: {rate: 0, box: none}, reduced: {rate: 5}, "
        "exempt: {rate: 0, box: exempt}}, oss: {scheme: ioss, rates: {DE: {standard: 19, wine: 19}}}}"
    ).vat
    assert rate_and_reason(sale("DE", tax_class="wine"), shop) == ("0", "export to DE, outside IOSS")
    large = replace(sale("DE"), is_over_ioss_limit=True)
    assert rate_and_reason(large, shop) == ("0", "export to DE, outside IOSS")
    assert refusal(replace(large, is_charged_vat=True), shop).code == "OVER_IOSS_LIMIT"


def test_what_is_tied_to_land_or_a_stage_is_supplied_there_whoever_buys() -> None:
    here = rules("vat: {land_and_events: domestic}").vat
    assert refusal(sale("FR", "event")).code == "PLACE_OF_SUPPLY_UNKNOWN"
    assert rate_and_reason(sale("FR", "event", "FR40303265045"), here) == ("20", "standard in GB, where the event is")
    assert rate_and_reason(sale("GB", "land")) == ("20", "standard in GB")


def test_services_of_schedule_4a_are_outside_the_scope_for_consumers_abroad() -> None:
    for country in ("FR", "US"):
        why = f"outside the scope, Schedule 4A service to a consumer in {country}"
        assert rate_and_reason(sale(country, "intangible")) == ("0", why)
