"""Amounts: minor units, the one rounding, and sharing out without losing a penny."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sitecore_kashflow.canonical.money import Amount, minor_unit, round_money, round_to_total, spread

pennies = st.integers(min_value=-(10**9), max_value=10**9)
weights = st.lists(st.integers(min_value=0, max_value=10**7), min_size=1, max_size=40).filter(any)
currencies = st.sampled_from(["GBP", "JPY", "KWD"])


@pytest.mark.parametrize(("currency", "unit"), [("GBP", "0.01"), ("EUR", "0.01"), ("JPY", "1"), ("KWD", "0.001")])
def test_minor_unit_of_a_currency_is_its_smallest_coin(currency: str, unit: str) -> None:
    assert str(minor_unit(currency)) == unit


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("5.668", "GBP", "5.67"),
        ("0.005", "GBP", "0.01"),
        ("-0.005", "GBP", "-0.01"),
        ("0.0049999", "GBP", "0.00"),
        ("2.665", "GBP", "2.67"),
        ("99.5", "JPY", "100"),
        ("1.2345", "KWD", "1.235"),
        ("7", "GBP", "7.00"),
        ("-0.000", "GBP", "0.00"),
        ("-0.004", "GBP", "0.00"),
    ],
)
def test_rounding_takes_halves_away_from_zero_in_the_currencys_own_coins(
    amount: str, currency: str, rounded: str
) -> None:
    assert str(round_money(Decimal(amount), currency)) == rounded


@given(mills=st.integers(min_value=-(10**9), max_value=10**9), currency=currencies)
def test_rounding_moves_an_amount_by_half_a_coin_at_most_and_is_odd(mills: int, currency: str) -> None:
    amount = Decimal(mills) / 10_000
    rounded = round_money(amount, currency)
    assert abs(rounded - amount) * 2 <= minor_unit(currency)
    assert rounded % minor_unit(currency) == 0
    assert round_money(-amount, currency) == -rounded
    assert round_money(rounded, currency) == rounded


@given(total=pennies, shares=weights, currency=currencies, sign=st.sampled_from([1, -1]))
def test_spread_over_any_weights_adds_up_and_stays_within_a_coin_of_the_exact_share(
    total: int, shares: list[int], currency: str, sign: int
) -> None:
    unit = minor_unit(currency)
    whole = total * unit
    parts = spread(whole, [Decimal(share * sign) for share in shares], currency)
    assert sum(parts) == whole
    for part, share in zip(parts, shares, strict=True):
        assert part % unit == 0
        assert abs(part * sum(shares) - whole * share) < unit * sum(shares)


@given(total=pennies, shares=weights)
def test_spread_gives_nothing_where_the_weight_is_nothing(total: int, shares: list[int]) -> None:
    parts = spread(Decimal(total) / 100, [Decimal(share) for share in (0, *shares)], "GBP")
    assert parts[0] == 0


@given(total=pennies, shares=weights)
def test_spread_of_the_weights_own_sum_gives_the_weights_back(total: int, shares: list[int]) -> None:
    own = [Decimal(share) / 100 for share in shares]
    assert spread(sum(own, Decimal(0)), own, "GBP") == own


def test_spread_of_ten_pounds_over_three_gives_the_odd_penny_to_the_first() -> None:
    parts = spread(Decimal("10.00"), [Decimal(1)] * 3, "GBP")
    assert [str(part) for part in parts] == ["3.34", "3.33", "3.33"]


def test_spread_of_yen_leaves_no_fraction() -> None:
    assert spread(Decimal(1000), [Decimal(1)] * 3, "JPY") == [334, 333, 333]


def test_amount_refuses_a_binary_float_and_takes_exact_decimals() -> None:
    amounts = TypeAdapter(Amount)
    assert amounts.validate_python(Decimal("0.1")) == Decimal("0.1")
    assert amounts.validate_python(3) == 3
    with pytest.raises(ValidationError, match="binary float"):
        amounts.validate_python(0.1)


@given(
    hundredths=st.lists(st.integers(min_value=-(10**6), max_value=10**6), min_size=1, max_size=20),
    share=st.integers(min_value=-100, max_value=100),
)
def test_rounded_amounts_come_to_the_total_within_a_coin_and_a_half_each(hundredths: list[int], share: int) -> None:
    exact = [Decimal(one).scaleb(-4) for one in hundredths]
    nearest = [round_money(one, "GBP") for one in exact]
    not_zero = sum(one != 0 for one in exact)
    total = sum(nearest) + Decimal(int(not_zero * share / 100)).scaleb(-2)
    rounded = round_to_total(exact, total, "GBP")
    assert sum(rounded) == total
    assert all(abs(part - one) <= Decimal("0.015") for part, one in zip(rounded, exact, strict=True))
    assert all(part == 0 for part, one in zip(rounded, exact, strict=True) if not one)


def test_a_coin_that_is_left_goes_where_rounding_went_furthest_the_other_way() -> None:
    exact = [Decimal("0.304"), Decimal("0.301"), Decimal("-0.304")]
    assert [str(one) for one in round_to_total(exact, Decimal("0.31"), "GBP")] == ["0.31", "0.30", "-0.30"]
    assert [str(one) for one in round_to_total(exact, Decimal("0.29"), "GBP")] == ["0.30", "0.30", "-0.31"]


def test_zero_stays_zero_whatever_is_left_over() -> None:
    exact = [Decimal(0), Decimal("-0.10"), Decimal("0.10")]
    assert [str(one) for one in round_to_total(exact, Decimal("0.02"), "GBP")] == ["0.00", "-0.09", "0.11"]
