"""How the shop's one tax figure falls on the items, and what is no rounding any more."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_DOWN, Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.documents.vat_drift import Drift, DriftStore
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.vat import Treatment
from sitecore_kashflow.plan.vat_rounding import TaxedItem, allocate_vat

STANDARD = Treatment("standard", Decimal(20), "taxable", why="standard in GB")
REDUCED = Treatment("reduced", Decimal(5), "taxable", why="reduced in GB")
ZERO_RATED = Treatment("zero", Decimal(0), "zero", why="zero in GB")
EXEMPT = Treatment("exempt", Decimal(0), "exempt", why="exempt in GB")


def item(net: str, treatment: Treatment = STANDARD, vat: str | None = None, quantity: int = 1) -> TaxedItem:
    return TaxedItem(Decimal(net), treatment, None if vat is None else Decimal(vat), quantity)


def shares(tax: str, *items: TaxedItem, currency: str = "GBP") -> list[str]:
    return [str(part) for part in allocate_vat(items, Decimal(tax), currency).amounts]


def refusal(tax: str, *items: TaxedItem, currency: str = "GBP") -> PermanentError:
    with pytest.raises(PermanentError) as caught:
        allocate_vat(items, Decimal(tax), currency)
    return caught.value


def test_vat_that_the_rules_come_to_exactly_stands_as_it_is() -> None:
    assert shares("4.99", item("20.00"), item("4.95")) == ["4.00", "0.99"]
    assert shares("1.25", item("5.00"), item("5.00", REDUCED), item("3.00", ZERO_RATED), item("9.00", EXEMPT)) == [
        "1.00",
        "0.25",
        "0.00",
        "0.00",
    ]


def test_a_penny_of_rounding_on_the_total_goes_to_the_line_whose_rounding_went_furthest_the_other_way() -> None:
    # lines alone: 0.30, 0.30, 0.81 of 0.302, 0.304, 0.806: together 1.412, so the total says 1.41 or a shop says 1.42
    three = (item("1.51"), item("1.52"), item("4.03"))
    assert shares("1.41", *three) == ["0.30", "0.30", "0.81"]
    assert shares("1.42", *three) == ["0.30", "0.31", "0.81"]
    assert shares("1.40", *three) == ["0.30", "0.30", "0.80"]


def test_vat_never_lands_on_an_item_that_carries_none() -> None:
    assert shares("0.21", item("0.00"), item("5.00", ZERO_RATED), item("5.00", EXEMPT), item("1.03")) == [
        "0.00",
        "0.00",
        "0.00",
        "0.21",
    ]


def test_the_shops_own_figure_for_a_line_stands_and_the_rest_falls_on_the_others() -> None:
    assert shares("1.01", item("1.525", vat="0.31"), item("3.51")) == ["0.31", "0.70"]


def test_a_penny_never_moves_the_shops_own_figure_for_a_line() -> None:
    assert shares("1.40", item("1.525", vat="0.31"), item("1.47"), item("4.03")) == ["0.31", "0.29", "0.80"]


@pytest.mark.parametrize(("tax", "is_rounding"), [("0.99", True), ("1.01", True), ("0.98", False), ("1.02", False)])
def test_half_a_penny_for_an_item_and_half_for_the_total_may_come_from_rounding(tax: str, *, is_rounding: bool) -> None:
    if is_rounding:
        assert shares(tax, item("5.00")) == [tax]
        return
    with pytest.raises(PermanentError, match="VAT_NOT_EXPLAINED"):
        shares(tax, item("5.00"))


@pytest.mark.parametrize(
    ("net", "quantity", "near", "far"),
    [
        ("5.00", 1, ["1.00"], ["0.99", "1.01"]),
        ("1.525", 1, ["0.30", "0.31"], ["0.29", "0.32"]),
        ("5.00", 2, ["0.99", "1.01"], ["0.98", "1.02"]),
        ("5.00", 40, ["0.99", "1.01"], ["0.98", "1.02"]),
    ],
)
def test_a_lines_own_figure_may_be_half_a_penny_off_for_a_piece_and_no_more_than_the_order(
    net: str, quantity: int, near: list[str], far: list[str]
) -> None:
    for vat in near:
        assert shares(vat, item(net, vat=vat, quantity=quantity)) == [vat]
    for vat in far:
        assert refusal(vat, item(net, vat=vat, quantity=quantity)).code == "VAT_NOT_EXPLAINED"


def test_two_lines_that_are_both_wrong_are_no_rounding_though_their_sum_is_right() -> None:
    both = item("5.00", vat="1.02", quantity=40), item("5.00", vat="0.98", quantity=40)
    assert refusal("2.00", *both).code == "VAT_NOT_EXPLAINED"


def test_no_vat_on_standard_goods_is_no_rounding_however_many_pieces_there_are() -> None:
    assert refusal("0.00", item("20.00", quantity=2000)).code == "VAT_NOT_EXPLAINED"
    assert refusal("0.00", item("20.00")).code == "VAT_NOT_EXPLAINED"


def test_vat_of_a_penny_is_not_rounded_to_nothing() -> None:
    assert refusal("0.00", item("0.05")).code == "VAT_ROUNDED_TO_NOTHING"
    assert refusal("0.00", item("0.05", vat="0.00", quantity=2)).code == "VAT_ROUNDED_TO_NOTHING"
    assert refusal("0.02", item("0.05"), item("0.05"), item("0.05")).code == "VAT_ROUNDED_TO_NOTHING"
    assert shares("0.00", item("0.02")) == ["0.00"]


def test_the_vat_of_many_pieces_rounded_one_by_one_stays_within_the_limit_of_the_order() -> None:
    assert allocate_vat([item("3.87", quantity=3)], Decimal("0.78"), "GBP").method == "by unit"
    assert refusal("2.00", item("12.00", quantity=100)).code == "VAT_NOT_EXPLAINED"


@pytest.mark.parametrize(("tax", "drift"), [("1.41", "0"), ("1.42", "0.01"), ("1.40", "-0.01")])
def test_drift_is_what_was_charged_less_the_nearest_lawful_rounding(tax: str, drift: str) -> None:
    assert allocate_vat([item("1.51"), item("1.52"), item("4.03")], Decimal(tax), "GBP").drift == Decimal(drift)


@given(nets=st.lists(st.integers(1, 10**5), min_size=1, max_size=20), by_line=st.booleans())
def test_a_shop_that_rounds_to_the_nearest_penny_never_drifts(nets: list[int], by_line: bool) -> None:
    tax = sum((net * 20 + 50) // 100 for net in nets) if by_line else (sum(nets) * 20 + 50) // 100
    items = [TaxedItem(Decimal(net) / 100, STANDARD) for net in nets]
    assert allocate_vat(items, Decimal(tax) / 100, "GBP").drift == 0


@pytest.mark.parametrize("treatment", [ZERO_RATED, EXEMPT])
@pytest.mark.parametrize("vat", ["0.01", "-0.01"])
def test_a_penny_of_vat_that_the_shop_states_where_none_is_due_is_not_rounding(treatment: Treatment, vat: str) -> None:
    with pytest.raises(PermanentError) as caught:
        shares(vat, item("5.00", treatment, vat=vat))
    assert caught.value.code == "VAT_NOT_EXPLAINED"
    beside_taxed_goods = item("5.00"), item("5.00", treatment, vat=vat, quantity=2)
    assert refusal(str(1 + Decimal(vat)), *beside_taxed_goods).code == "VAT_NOT_EXPLAINED"
    assert shares("1.00", item("5.00"), item("5.00", treatment, vat="0.00")) == ["1.00", "0.00"]


def test_yen_are_shared_in_whole_yen() -> None:
    assert shares("300", item("1001"), item("499"), currency="JPY") == ["200", "100"]


@pytest.mark.parametrize(
    ("tax", "items"),
    [
        ("20.03", [item("100.00")]),
        ("19.98", [item("100.00")]),
        ("0.01", [item("100.00", ZERO_RATED)]),
        ("0.00", [item("100.00")]),
        ("10.00", [item("50.00", vat="10.00"), item("0.40")]),
    ],
)
def test_more_than_rounding_can_explain_is_parked(tax: str, items: list[TaxedItem]) -> None:
    assert refusal(tax, *items).code == "VAT_NOT_EXPLAINED"


def test_the_reason_of_unexplained_vat_tells_both_sums_and_the_rules_behind() -> None:
    words = refusal("25.00", item("100.00"), item("40.00", REDUCED), item("60.00")).words
    assert "charged 25.00 GBP VAT" in words
    assert "the rules come to 34.00" in words
    assert "160.00 at 20 % (standard in GB), 40.00 at 5 % (reduced in GB)" in words


def test_a_shops_figure_for_a_line_that_its_percentage_does_not_explain_is_parked_with_both() -> None:
    words = refusal("2.00", item("5.00", vat="1.50"), item("5.00", vat="0.50")).words
    assert "The shop says 1.50 GBP VAT on a line of 5.00" in words
    assert "it would be 1.00" in words


netto = st.integers(min_value=-50_000, max_value=500_000)
treatments = st.sampled_from([STANDARD, REDUCED, ZERO_RATED, EXEMPT])


@given(nets=st.lists(st.tuples(netto, treatments), min_size=1, max_size=30), way=st.sampled_from(["line", "total"]))
def test_allocated_vat_adds_up_and_is_each_items_own_to_the_penny(nets: list[tuple[int, Treatment]], way: str) -> None:
    """Shops round per line, or once on the total: both are taken as they are. Nets are pennies."""
    exact = [net * int(treatment.rate) for net, treatment in nets]  # hundredths of a penny
    if way == "line":
        tax = sum((abs(one) + 50) // 100 * (1 if one > 0 else -1) for one in exact)
    else:
        tax = (abs(sum(exact)) + 50) // 100 * (1 if sum(exact) > 0 else -1)
    items = [TaxedItem(Decimal(net) / 100, treatment) for net, treatment in nets]
    vat = allocate_vat(items, Decimal(tax) / 100, "GBP").amounts
    assert sum(vat) * 100 == tax
    for part, one in zip(vat, exact, strict=True):
        assert abs(part * 10_000 - one) <= 100
        assert part * 100 == int(part * 100)
        assert one or not part


@given(nets=st.lists(st.integers(min_value=1, max_value=10**6), min_size=1, max_size=20), off=st.integers(1, 10**6))
def test_tax_that_is_off_by_more_than_a_penny_an_item_never_passes(nets: list[int], off: int) -> None:
    items = [TaxedItem(Decimal(net) / 100, STANDARD) for net in nets]
    true = sum(net * 20 for net in nets)  # hundredths of a penny
    for sign in (1, -1):
        tax = Decimal(true // 100 + sign * (len(nets) + 1 + off)) / 100
        assert refusal(str(tax), *items).code == "VAT_NOT_EXPLAINED"


def charged(nets: list[int], way: str) -> Decimal:
    """The VAT of a shop on standard goods (pennies), by its way of rounding."""
    if way == "by line":
        return Decimal(sum((net * 20 + 50) // 100 for net in nets)) / 100
    exact = Decimal(sum(nets) * 20) / 10_000
    return exact.quantize(Decimal("0.01"), rounding=ROUND_DOWN) if way == "down" else Decimal(round_half_up(nets)) / 100


def round_half_up(nets: list[int]) -> int:
    return (sum(nets) * 20 + 50) // 100


def drifts(way: str, seed: int, orders: int, *, one_price: bool = False) -> Iterator[Drift]:
    """The sum after each of so many orders of a shop."""
    random, drift = Random(seed), Drift()
    for _ in range(orders):
        nets = [499 if one_price else random.randrange(100, 10_000) for _ in range(random.randrange(1, 4))]
        items = [TaxedItem(Decimal(net) / 100, STANDARD) for net in nets]
        part = allocate_vat(items, charged(nets, way), "GBP").drift * 100
        drift = drift.plus(part) if part else drift
        yield drift


@pytest.mark.parametrize("one_price", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_vat_that_is_always_rounded_down_is_noticed_within_two_hundred_orders(seed: int, *, one_price: bool) -> None:
    assert any(drift.is_downward for drift in drifts("down", seed, 200, one_price=one_price))


@pytest.mark.parametrize("one_price", [False, True])
@pytest.mark.parametrize("way", ["by line", "on the total"])
def test_an_honest_shop_is_never_suspected(way: str, *, one_price: bool) -> None:
    assert not any(drift.is_downward for drift in drifts(way, 7, 1000, one_price=one_price))


def test_pennies_up_and_down_are_chance() -> None:
    alarms = 0
    for seed in range(300):
        random, drift = Random(seed), Drift()
        for _ in range(100):
            drift = drift.plus(Decimal(random.choice((-1, 1))))
        alarms += drift.is_downward
    assert alarms <= 2


def test_drift_is_kept_by_the_day_for_a_quarter(memory_table: Any) -> None:
    store = DriftStore(memory_table)
    assert store.add(date(2026, 8, 1), Decimal(-2)) == Drift(Decimal(-2), Decimal(4))
    assert store.add(date(2026, 8, 1), Decimal(1)) == Drift(Decimal(-1), Decimal(5))
    assert store.add(date(2026, 10, 1), Decimal(-1)) == Drift(Decimal(-2), Decimal(6))
    assert store.add(date(2026, 12, 1), Decimal(-1)) == Drift(Decimal(-2), Decimal(2))
