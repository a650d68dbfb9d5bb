"""What the law wants an invoice to say, beside its amounts."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.canonical.invoice import InvoiceDraft, VatNumber
from sitecore_kashflow.canonical.money import round_money
from sitecore_kashflow.documents.entry import Entries
from sitecore_kashflow.plan.case import Case
from sitecore_kashflow.plan.duties import with_duties
from tests.builders import draft, line, order, payment, rules, sent_to, transaction, user, worksheet

RATE = Decimal("1.1527")


def added(made: InvoiceDraft, rate: Decimal = RATE) -> list[str]:
    """What the lines say that come on top; they cost nothing and change no sum."""
    said = with_duties(made, rate, "GBP")
    notes = said.lines[len(made.lines) :]
    assert said.lines[: len(made.lines)] == made.lines
    assert not any(one.rate or one.net or one.vat for one in notes)
    return [one.description for one in notes]


def service_to_germany(**changes: Any) -> dict[str, Any]:
    raw = worksheet(line("ADVICE", xp={"Supply": "service"}), tax="0", shipping="0", **changes)
    raw["Order"]["BillingAddress"] |= {"Country": "DE", "Zip": "50667"}
    raw["Order"]["FromUser"] = user(xp={"VatNumber": "DE136695976"})
    return raw


REVERSE_CHARGE = "Reverse charge: customer to account for VAT. Customer VAT no. DE136695976"


def test_an_invoice_under_reverse_charge_says_so_with_the_customers_vat_number() -> None:
    assert added(draft(service_to_germany())) == [REVERSE_CHARGE]
    assert added(draft(service_to_germany(Currency="EUR"))) == [REVERSE_CHARGE]


ASKED = rules("customers: {vat_number_check_paths: [Order.xp.VatConsultation, FromUser.xp.VatConsultation]}")


def test_a_sale_abroad_keeps_the_vat_number_and_what_the_shops_own_check_of_it_came_to() -> None:
    made = draft(service_to_germany(xp={"VatConsultation": "WAPIAAAAX1"}), (), ASKED)
    assert made.vat_number == VatNumber(number="DE136695976", country="DE", answer="WAPIAAAAX1")
    unasked = draft(service_to_germany())
    assert unasked.vat_number == VatNumber(number="DE136695976", country="DE", answer="")


def test_a_number_without_its_country_is_read_as_one_of_the_customers_own() -> None:
    raw = service_to_germany()
    raw["Order"]["FromUser"] = user(xp={"VatNumber": "136695976"})
    assert draft(raw).vat_number == VatNumber(number="136695976", country="DE", answer="")


def test_a_business_elsewhere_keeps_its_number_though_nobody_here_knows_its_form() -> None:
    raw = service_to_germany()
    raw["Order"]["BillingAddress"] |= {"Country": "US"}
    raw["Order"]["FromUser"] = user(xp={"VatNumber": "12-3456789"})
    assert draft(raw).vat_number == VatNumber(number="12-3456789", country="", answer="")


@pytest.mark.parametrize("number", ["n/a", "", None])
def test_what_is_no_number_is_no_evidence(number: str | None) -> None:
    raw = worksheet(line("MUG") | sent_to("US"), tax="0", shipping="0", FromUser=user(xp={"VatNumber": number}))
    assert draft(raw).vat_number is None


def test_a_sale_at_home_rests_on_no_number() -> None:
    assert draft(worksheet(FromUser=user(xp={"VatNumber": "GB123456789"}))).vat_number is None


def test_a_deposit_under_reverse_charge_says_so_too() -> None:
    first_of = rules("orders: {tax_point: first_of}\nnominal_codes: {deposit: 2115}")
    paid = [payment(transaction(amount="4.00"), amount="4.00")]
    parts = Case(order(service_to_germany(), paid, first_of), Entries(), first_of).deposits
    assert [added(one) for one in (*parts.drafts, parts.rest)] == [[REVERSE_CHARGE], [REVERSE_CHARGE]]


def test_goods_to_a_business_at_home_or_abroad_are_no_reverse_charge() -> None:
    for country in ("GB", "DE", "US"):
        raw = worksheet(tax="4.99" if country == "GB" else "0")
        raw["LineItems"][0]["ShippingAddress"]["Country"] = country
        raw["Order"]["FromUser"] = user(xp={"VatNumber": "DE136695976"})
        assert added(draft(raw)) == []


def test_uk_vat_in_another_currency_is_stated_in_sterling() -> None:
    assert added(draft(worksheet(Currency="EUR"))) == ["VAT GBP 4.33 on GBP 21.64 at 20 %, rate 1.1527"]
    assert added(draft(worksheet())) == []


def test_vat_in_sterling_is_stated_for_each_percentage() -> None:
    raw = worksheet(line(), line("PAD", tax_code="REDUCED"), tax="2.50", shipping="0", Currency="EUR")
    assert added(draft(raw)) == [
        "VAT GBP 1.74 on GBP 8.68 at 20 %, rate 1.1527",
        "VAT GBP 0.43 on GBP 8.68 at 5 %, rate 1.1527",
    ]


@given(
    prices=st.lists(st.integers(100, 99_999), min_size=2, max_size=2),
    rate=st.decimals("0.5", "3", places=4),
)
def test_the_vat_stated_in_sterling_is_all_vat_at_the_rate(prices: list[int], rate: Decimal) -> None:
    high, low = (Decimal(one) / 100 for one in prices)
    tax = round_money(high / 5, "EUR") + round_money(low / 20, "EUR")
    lines = [line(price=str(high)), line("PAD", price=str(low), tax_code="REDUCED")]
    made = draft(worksheet(*lines, tax=str(tax), shipping="0", Currency="EUR"))
    stated = sum(Decimal(words.split()[2]) for words in added(made, rate))
    assert stated == round_money(made.vat / rate, "GBP")
