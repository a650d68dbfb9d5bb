"""Orders in one currency and books in another: the total at the rate, to the penny, with every line adding up."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.canonical.invoice import InvoiceDraft, PaymentLine
from sitecore_kashflow.canonical.money import round_money
from sitecore_kashflow.canonical.order import Payment
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.currency import ExchangeRate, convert_to_home, rate_by_rule, receipts_in
from sitecore_kashflow.plan.periods import in_open_period
from sitecore_kashflow.rules.document import default_rules
from sitecore_kashflow.rules.model import CurrencyRules
from tests.builders import draft, line, order, payment, rules, transaction, worksheet

CARD: Any = {"method": "CreditCard", "received_at": datetime(2026, 11, 20, tzinfo=UTC)}
PENNY = Decimal("0.01")
EURO = ExchangeRate(Decimal("1.1527"), date(2026, 11, 20))


def euros(*payments, **changes) -> InvoiceDraft:
    return draft(worksheet(Currency="EUR", **changes), payments)


def test_a_draft_in_home_currency_comes_to_the_total_at_the_rate_and_says_so() -> None:
    made = convert_to_home(euros(), EURO, "GBP")
    # 29.94 / 1.1527 = 25.974, of which 4.99 / 1.1527 = 4.329 is VAT
    assert (str(made.gross), str(made.vat), made.currency) == ("25.97", "4.33", "GBP")
    assert [(one.quantity, str(one.rate), str(one.vat)) for one in made.lines] == [
        (1, "17.35", "3.47"),
        (1, "4.29", "0.86"),
        (1, "0", "0"),
    ]
    assert made.lines[0].description == "2 x Mug (SKU MUG) at 8.6750 each"
    assert made.lines[2].description == "Sold for 29.94 EUR, converted at 1.1527 EUR to 1 GBP of 2026-11-20"


def test_receipts_at_the_rate_come_to_the_gross_however_they_come_in() -> None:
    parts = [payment(transaction(amount="9.98"), ID=f"pay-{n}", amount="9.98") for n in range(3)]
    made = convert_to_home(euros(*parts), EURO, "GBP")
    assert sum(one.amount for one in made.payments) == made.gross
    later = receipts_in("GBP", order(worksheet(Currency="EUR"), parts), EURO.rate, {})
    assert [one.amount for one in later] == [one.amount for one in made.payments]


def by_id(receipts: Iterable[Payment | PaymentLine]) -> dict[str, Decimal]:
    return {one.payment_id: one.amount for one in receipts}


AMOUNTS = st.lists(st.integers(1, 5000), min_size=1, max_size=6)
RATES = st.integers(1000, 10**6).map(lambda rate: Decimal(rate) / 10_000)


@given(amounts=AMOUNTS, rate=RATES, data=st.data())
def test_pennies_of_converted_payments_do_not_depend_on_where_they_are_listed(
    amounts: list[int], rate: Decimal, data: st.DataObject
) -> None:
    paid = [Payment(payment_id=f"pay-{n}", amount=Decimal(one) / 100, **CARD) for n, one in enumerate(amounts)]
    before = order(worksheet(Currency="EUR")).model_copy(update={"payments": tuple(paid)})
    shuffled = before.model_copy(update={"payments": tuple(data.draw(st.permutations(paid)))})
    converted = by_id(receipts_in("GBP", before, rate, {}))
    assert by_id(receipts_in("GBP", shuffled, rate, {})) == converted
    assert sum(converted.values()) == round_money(before.paid / rate, "GBP")
    assert all(abs(converted[one.payment_id] - one.amount / rate) < PENNY for one in paid)


@given(amounts=AMOUNTS, rate=RATES, data=st.data())
def test_converted_payments_that_come_one_after_the_other_keep_what_was_booked_and_come_to_the_total(
    amounts: list[int], rate: Decimal, data: st.DataObject
) -> None:
    """Each day some payments have come, listed in any order, and are booked beside those of the days before."""
    paid = [Payment(payment_id=f"pay-{n}", amount=Decimal(one) / 100, **CARD) for n, one in enumerate(amounts)]
    arrivals = data.draw(st.permutations(paid))
    sold, booked = order(worksheet(Currency="EUR")), dict[str, Decimal]()
    for days_end in sorted({*data.draw(st.lists(st.integers(0, len(paid)), max_size=3)), len(paid)}):
        known = tuple(data.draw(st.permutations(arrivals[:days_end])))
        now = receipts_in("GBP", sold.model_copy(update={"payments": known}), rate, booked)
        assert booked.items() <= by_id(now).items()
        booked = by_id(now)
        assert sum(booked.values()) == round_money(sum((one.amount for one in known), Decimal(0)) / rate, "GBP")


def test_payments_of_a_converted_invoice_have_the_same_pennies_in_any_order() -> None:
    parts = [payment(transaction(amount=amount), ID=f"pay-{amount}", amount=amount) for amount in ("9.97", "9.98")]
    first, second = (convert_to_home(euros(*some), EURO, "GBP").payments for some in (parts, parts[::-1]))
    assert by_id(first) == by_id(second)


def test_a_booked_amount_that_rounding_does_not_explain_is_not_kept() -> None:
    sold = order(worksheet(Currency="EUR"), [payment(transaction())])
    (now,) = receipts_in("GBP", sold, EURO.rate, {"pay-1/tx-1": Decimal("25.95")})
    assert now.amount == Decimal("25.97")
    (kept,) = receipts_in("GBP", sold, EURO.rate, {"pay-1/tx-1": Decimal("25.98")})
    assert kept.amount == Decimal("25.98")
    (whole_penny,) = receipts_in("GBP", sold, Decimal(1), {"pay-1/tx-1": Decimal("29.95")})
    assert whole_penny.amount == Decimal("29.94")


@given(
    prices=st.lists(st.tuples(st.integers(1, 20), st.integers(0, 90_000)), min_size=1, max_size=10),
    shipping=st.integers(0, 3000),
    rate=st.integers(1, 10**7),
)
def test_any_order_at_any_rate_adds_up(prices: list[tuple[int, int]], shipping: int, rate: int) -> None:
    lines = [line(f"P{n}", quantity=pieces, price=str(Decimal(unit) / 100)) for n, (pieces, unit) in enumerate(prices)]
    nets = [pieces * unit for pieces, unit in prices] + [shipping]
    tax = sum((net * 20 + 50) // 100 for net in nets)
    raw = worksheet(*lines, tax=str(Decimal(tax) / 100), shipping=str(Decimal(shipping) / 100), Currency="USD")
    before = draft(raw)
    made = convert_to_home(before, ExchangeRate(Decimal(rate) / 10_000), "GBP")
    assert made.net + made.vat == made.gross
    assert abs(made.gross * rate - before.gross * 10_000) <= Decimal(rate) / 200
    for one, ours in zip(made.lines, before.lines, strict=False):
        assert abs(one.net * rate - ours.net * 10_000) <= Decimal(rate) / 100
        assert (one.rate * 100) % 1 == 0


def test_an_order_of_nothing_is_converted_to_nothing() -> None:
    raw = worksheet(tax="0", shipping="0", Currency="EUR") | {"LineItems": []}
    raw["Order"] |= {"Subtotal": Decimal(0), "Total": Decimal(0)}
    made = convert_to_home(draft(raw), EURO, "GBP")
    assert (len(made.lines), made.gross, made.currency) == (0, Decimal(0), "GBP")


def test_rates_of_the_rules_are_fixed_or_the_newest_of_the_day() -> None:
    fixed = CurrencyRules(rates="fixed", fixed={"EUR": Decimal("1.15")})
    assert rate_by_rule("EUR", date(2026, 11, 20), fixed) == ExchangeRate(Decimal("1.15"))
    dated = rules("currency: {rates: dated, dated: {EUR: {2026-11-01: 1.15, 2026-11-20: 1.1527}}}").currency
    assert rate_by_rule("EUR", date(2026, 11, 19), dated) == ExchangeRate(Decimal("1.15"), date(2026, 11, 1))
    assert rate_by_rule("EUR", date(2026, 11, 20), dated) == EURO


@pytest.mark.parametrize(
    ("document", "day", "code"),
    [
        ("{rates: fixed, fixed: {USD: 1.3}}", date(2026, 11, 20), "EXCHANGE_RATE_MISSING"),
        ("{rates: dated, dated: {EUR: {2026-11-01: 1.15}}}", date(2026, 10, 31), "EXCHANGE_RATE_MISSING"),
        ("{rates: dated, dated: {EUR: {2026-11-30: 1.15}}}", date(2026, 12, 1), "RATE_TOO_OLD"),
        ("{rates: dated, valid_for: 3, dated: {EUR: {2026-11-01: 1.15}}}", date(2026, 11, 5), "RATE_TOO_OLD"),
        ("{rates: dated, valid_for: 0, dated: {EUR: {2026-11-01: 1.15}}}", date(2026, 11, 2), "RATE_TOO_OLD"),
        ("{rates: kashflow}", date(2026, 11, 2), "RATE_TOO_OLD"),
    ],
)
def test_an_order_without_a_rate_that_holds_on_its_tax_point_is_parked(document: str, day: date, code: str) -> None:
    with pytest.raises(PermanentError) as caught:
        rate_by_rule("EUR", day, rules(f"currency: {document}").currency)
    assert caught.value.code == code
    assert day.isoformat() in caught.value.words


@pytest.mark.parametrize(
    ("valid_for", "day"),
    [("month", date(2026, 11, 30)), (3, date(2026, 11, 4)), (0, date(2026, 11, 1)), (60, date(2026, 12, 31))],
)
def test_a_dated_rate_holds_to_the_end_of_its_month_or_for_so_many_days(valid_for: str | int, day: date) -> None:
    dated = rules(f"currency: {{rates: dated, valid_for: {valid_for}, dated: {{EUR: {{2026-11-01: 1.15}}}}}}").currency
    assert rate_by_rule("EUR", day, dated) == ExchangeRate(Decimal("1.15"), date(2026, 11, 1))


def test_dated_rates_are_read_from_json_too() -> None:
    dated = rules('{"currency": {"rates": "dated", "dated": {"EUR": {"2026-11-20": 1.1527}}}}').currency
    assert rate_by_rule("EUR", date(2026, 11, 20), dated) == EURO


@pytest.mark.parametrize("document", ["currency: {fixed: {EUR: 0}}", "currency: {dated: {EUR: {2026-11-01: -1}}}"])
def test_a_rate_of_nothing_is_refused(document: str) -> None:
    with pytest.raises(PermanentError, match="an exchange rate is more than nothing"):
        rules(document)


OPEN_DAY = date(2026, 12, 1)


def test_an_order_of_a_locked_period_is_parked_with_both_days() -> None:
    with pytest.raises(PermanentError) as caught:
        in_open_period(draft(), OPEN_DAY, default_rules().orders)
    assert caught.value.code == "PERIOD_LOCKED"
    assert "2026-11-20" in caught.value.words
    assert "2026-12-01" in caught.value.words


def test_by_rule_the_first_open_day_is_the_date_of_all_that_was_earlier() -> None:
    by_rule = rules("orders: {locked_period: first_open_day, payment_terms_days: 30}")
    early = draft(None, [payment(transaction())], by_rule)
    made = in_open_period(early, OPEN_DAY, by_rule.orders)
    assert (made.issued_on, made.payments[0].paid_on, made.due_on) == (OPEN_DAY, OPEN_DAY, date(2026, 12, 20))


@pytest.mark.parametrize("first_open_day", [None, date(2026, 11, 20), date(2020, 1, 1)])
def test_an_order_of_an_open_day_keeps_its_date(first_open_day: date | None) -> None:
    assert in_open_period(draft(), first_open_day, default_rules().orders) == draft()
