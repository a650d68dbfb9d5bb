"""Whatever a shop may send, the invoice comes to the order's total, or there is none."""

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.made_days import a_moment
from tests.made_invoices import DOCUMENTS, Case, faults, make_case
from tests.made_lives import faults_after
from tests.prove_money import prove
from tests.whole_numbers import half_up, shares


@settings(max_examples=1500)
@given(seed=st.integers(0, 2**60))
def test_an_invoice_is_the_one_that_its_order_was_made_from(seed: int) -> None:
    assert faults(make_case(Random(seed))) == ""


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**60))
def test_whatever_happens_to_an_order_later_the_books_say_what_is_owed_and_paid(seed: int) -> None:
    assert faults_after(make_case(Random(seed)), share=1) == ""


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
    assert {line.box for case in made for line in case.lines} == {"taxable", "zero", "exempt", "abroad", "none", ""}
    assert sum(bool(case.worksheet["OrderPromotions"]) for case in made) > 50
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


def test_the_maker_makes_every_story_that_tax_points_must_know() -> None:
    made = [case for case in cases(4000) if case.papers is not None]
    papers = [case.papers or [] for case in made]
    assert Counter(map(bool, papers))[False] > 20, "orders that wait"
    assert any(one and one[-1].suffix for one in papers), "deposits whose rest still waits"
    assert any(one and one[-1].suffix == "-D2" for one in papers)
    assert max(map(len, papers)) > 3
    assert any(len(one.received) > 1 and one.suffix for some in papers for one in some), "captures in one deposit"
    assert any(None in [one["DateShipped"] for one in case.shipments] for case in made)
    assert any(case.worksheet["Order"]["Status"] == "Completed" for case in made)
    assert any(case.day and case.worksheet["Order"]["DateSubmitted"][:10] > case.day.isoformat() for case in made)
    in_utc = [
        (one.get("DateExecuted", ""), case) for case in made for paid in case.payments for one in paid["Transactions"]
    ]
    assert any(text[11:13] == "23" for text, _ in in_utc), "money that came on another day by the clocks of the UK"


def test_a_document_that_is_changed_by_a_penny_a_day_or_a_receipt_is_found_wrong() -> None:
    found: Counter[str] = Counter()
    for case in (case for case in cases(3000) if case.papers and not case.parks):
        paper = (case.papers or [])[0]
        paper.vat += 1
        found["vat"] += bool(faults(case))
        paper.vat -= 1
        paper.day += timedelta(days=1)
        found["day"] += bool(faults(case))
        paper.day -= timedelta(days=1)
        paper.received.append((1, paper.day))
        found["receipt"] += bool(faults(case))
        paper.received.pop()
        found["all"] += 1
    assert found["vat"] == found["day"] == found["receipt"] == found["all"] > 100


@given(st.dates(date(2026, 7, 31), date(2027, 3, 27)), st.integers(0, 24 * 60 - 1))
def test_the_makers_own_days_are_those_of_the_united_kingdom(day: date, minute: int) -> None:
    at = a_moment(Random(minute), day)
    local = datetime.fromisoformat(at.in_utc).astimezone(ZoneInfo("Europe/London"))
    assert (local.date(), local.hour * 60 + local.minute) == (at.day, at.minute)


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


@pytest.mark.parametrize("seed", [175586, 294617], ids=["VAT owed abroad", "gift card as a line"])
def test_an_order_that_may_be_read_in_two_ways_is_no_fault_wherever_its_vat_stands(seed: int) -> None:
    case = make_case(Random(seed))
    assert (case.is_arguable, faults(case)) == (True, "")


def test_the_proof_counts_every_order_once() -> None:
    counts, wrong = prove(range(300))
    assert (counts["right"] + counts["rightly parked"] + counts["arguable"], wrong) == (300, [])
