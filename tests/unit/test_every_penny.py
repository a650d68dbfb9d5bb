"""Whatever a shop may send, the invoice comes to the order's total, or there is none."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.made_invoices import DOCUMENTS, Case, faults, half_up, make_case, shares
from tests.prove_money import prove


@settings(max_examples=1500)
@given(seed=st.integers(0, 2**60))
def test_an_invoice_is_the_one_that_its_order_was_made_from(seed: int) -> None:
    assert faults(make_case(Random(seed))) == ""


@given(weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=9).filter(any), total=st.integers(0, 10**6))
def test_the_makers_own_shares_add_up_and_are_in_proportion(weights: list[int], total: int) -> None:
    parts = shares(total, weights)
    assert sum(parts) == total
    assert all(
        abs(part * sum(weights) - total * weight) < sum(weights) for part, weight in zip(parts, weights, strict=True)
    )


@pytest.mark.parametrize(("numerator", "whole"), [(149, 1), (150, 2), (-150, -2), (-149, -1), (0, 0)])
def test_the_makers_own_rounding_is_half_away_from_zero(numerator: int, whole: int) -> None:
    assert half_up(numerator, 100) == whole


def cases(count: int = 1500) -> list[Case]:
    return [make_case(Random(seed)) for seed in range(count)]


def test_the_maker_makes_everything_that_the_mapping_must_know() -> None:
    made = cases()
    assert {case.document for case in made} == set(DOCUMENTS)
    assert {case.method for case in made} == {"line", "percentage", "unit", "total", "stated", "included"}
    assert {case.worksheet["Order"]["Currency"] for case in made} == {"GBP", "EUR", "USD", "JPY", "KWD"}
    assert {case.worksheet["Order"]["BillingAddress"]["Country"] for case in made} >= {
        "GB",
        "IM",
        "JE",
        "GG",
        "US",
        "DE",
        "FR",
        "FI",
    }
    assert any(case.parks for case in made)
    assert any(line.fraction for case in made for line in case.lines)
    assert any(line.amount < 0 for case in made for line in case.lines)
    assert any(line.amount == 0 for case in made for line in case.lines)
    assert any(len(case.received) > 2 for case in made)
    kinds = {one["Type"] for case in made for paid in case.payments for one in paid["Transactions"]}
    assert kinds == {
        "CreditCard",
        "CreditCardAuthorization",
        "CreditCardCapture",
        "CreditCardVoidAuthorization",
        "CreditCardRefund",
        "Refund",
    }
    assert any(case.parks for case in made if any("Refund" in str(paid["Transactions"]) for paid in case.payments))


def test_an_answer_that_is_changed_by_pennies_is_found_wrong() -> None:
    found: Counter[str] = Counter()
    for case in (case for case in cases(400) if not case.parks):
        case.gross += 1
        found["gross"] += bool(faults(case))
        case.gross -= 1
        case.lines[0].rate += 1
        found["rate"] += case.document == "one stop" or bool(faults(case))  # there the books show no rate
        case.lines[0].rate -= 1
        case.lines[0].amount += 3
        found["amount"] += bool(faults(case))
        found["all"] += 1
    assert found["gross"] == found["rate"] == found["amount"] == found["all"] > 300


def test_a_refused_order_and_one_that_should_not_be_posted_are_told_apart() -> None:
    good, bad = next(case for case in cases() if not case.parks), next(case for case in cases() if case.parks)
    good.worksheet["Order"]["Total"] += 1
    assert faults(good).startswith("refused: [ORDER_DOES_NOT_ADD_UP]")
    assert faults(bad) == ""
    good.worksheet["Order"]["Total"] -= 1
    good.parks = True
    assert faults(good) == "posted, though it adds up to nothing"


def test_the_proof_counts_every_order_once() -> None:
    counts, wrong = prove(range(300))
    assert (counts["right"] + counts["rightly parked"], wrong) == (300, [])
