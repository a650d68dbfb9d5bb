"""Which VAT an item carries."""

from datetime import date
from decimal import Decimal

import pytest

from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.place_of_supply import Sale
from sitecore_kashflow.plan.vat import Treatment, treatment_for, treatment_for_line
from sitecore_kashflow.rules.document import default_rules
from sitecore_kashflow.rules.vat import VatClass
from tests.builders import rules

VAT = default_rules().vat
STANDARD = Treatment("standard", Decimal(20), "taxable", why="standard in GB")
REDUCED = Treatment("reduced", Decimal(5), "taxable", why="reduced in GB")
ZERO_RATED = Treatment("zero", Decimal(0), "zero", why="zero in GB")
EXEMPT = Treatment("exempt", Decimal(0), "exempt", why="exempt in GB")


def line(word: str, country: str = "GB", on: date = date(2026, 11, 20)) -> Sale:
    """An order line with the shop's word for its tax class."""
    return Sale(tax_class=word, country=country, on=on, label="Line li-7")


@pytest.mark.parametrize(
    ("word", "rate", "country", "expected"),
    [
        ("STD", None, "GB", STANDARD),
        ("std", None, "GB", STANDARD),
        ("reduced", None, "GB", REDUCED),
        ("", None, "GB", STANDARD),
        ("", "5", "GB", REDUCED),
        ("", "0", "GB", ZERO_RATED),
        ("EXEMPT", "0", "GB", EXEMPT),
        ("EXEMPT", None, "GB", EXEMPT),
        ("STD", "20.0", "GB", STANDARD),
        ("", None, "IM", Treatment("standard", Decimal(20), "taxable", why="standard in IM")),
        ("STD", "20", "US", Treatment("export", Decimal(0), "abroad", why="export to US")),
        ("", "19", "DE", Treatment("export", Decimal(0), "abroad", why="export to DE")),
    ],
)
def test_a_lines_treatment_follows_class_percentage_and_destination(
    word: str, rate: str | None, country: str, expected: Treatment
) -> None:
    assert treatment_for_line(line(word, country), None if rate is None else Decimal(rate), VAT) == expected


@pytest.mark.parametrize(
    ("word", "rate", "country", "code", "named"),
    [
        ("LUXURY", None, "GB", "TAX_CLASS_UNKNOWN", "LUXURY"),
        ("STD", "17.5", "GB", "VAT_RATE_UNKNOWN", "17.5 %"),
        ("STD", "5", "GB", "TAX_CLASS_CONTRADICTS_RATE", "says 5 %"),
        ("ZERO", "20", "GB", "TAX_CLASS_CONTRADICTS_RATE", "says 20 %"),
        ("margin", None, "GB", "TAX_CLASS_BY_HAND", "on the margin"),
        ("margin", None, "US", "TAX_CLASS_BY_HAND", "on the margin"),
        ("STD", None, "", "COUNTRY_UNKNOWN", "'none'"),
        ("STD", None, "XX", "COUNTRY_UNKNOWN", "'XX'"),
        ("STD", None, "UNITED KINGDOM", "COUNTRY_UNKNOWN", "'UNITED KINGDOM'"),
    ],
)
def test_what_no_rule_knows_is_parked_with_the_line_and_the_words(
    word: str, rate: str | None, country: str, code: str, named: str
) -> None:
    with pytest.raises(PermanentError) as caught:
        treatment_for_line(line(word, country), None if rate is None else Decimal(rate), VAT)
    assert caught.value.code == code
    assert "Line li-7" in caught.value.words
    assert named in caught.value.words


def test_without_a_class_for_missing_words_a_line_that_says_nothing_is_parked() -> None:
    strict = VAT.model_copy(update={"class_when_missing": None})
    with pytest.raises(PermanentError, match="'none'"):
        treatment_for_line(line(""), None, strict)
    assert treatment_for_line(line(""), Decimal(5), strict) == REDUCED


def test_something_of_a_known_class_sent_abroad_is_an_export() -> None:
    assert treatment_for(line("standard", "FR"), VAT).why == "export to FR"
    assert treatment_for(line("standard"), VAT) == STANDARD


def test_a_percentage_holds_from_its_day() -> None:
    classes = VAT.classes | {"standard": VatClass(rate=Decimal(20), valid_from={date(2026, 7, 1): Decimal(21)})}
    july = VAT.model_copy(update={"classes": classes})
    for day, rate in ((date(2026, 6, 30), 20), (date(2026, 7, 1), 21)):
        assert treatment_for_line(line("", on=day), None, july).rate == rate
        assert treatment_for_line(line("", on=day), Decimal(rate), july).tax_class == "standard"
        with pytest.raises(PermanentError, match="VAT_RATE_UNKNOWN"):
            treatment_for_line(line("", on=day), Decimal(41 - rate), july)


def test_a_percentage_abroad_holds_from_its_day_too() -> None:
    shop = rules("vat: {oss: {scheme: ioss, rates: {DE: {standard: {rate: 19, valid_from: {2026-07-01: 16}}}}}}").vat
    assert treatment_for(line("standard", "DE", date(2026, 6, 30)), shop).rate == Decimal(19)
    assert treatment_for(line("standard", "DE", date(2026, 7, 1)), shop).rate == Decimal(16)
