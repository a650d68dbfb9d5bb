"""The controls and the page of a month, of values: colours, plots, what spreadsheets and browsers make of it."""

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sitecore_kashflow.bridge.month_csv import as_csv
from sitecore_kashflow.bridge.month_page import as_html
from sitecore_kashflow.bridge.month_plots import running
from sitecore_kashflow.canonical.days import months_later
from sitecore_kashflow.documents.entry import Posting
from sitecore_kashflow.reconciliation.controls import controls_of
from sitecore_kashflow.reconciliation.month import (
    BadDebt,
    Colour,
    Entered,
    JournalLine,
    MonthEnd,
    MonthFacts,
    PaidOut,
    Proposal,
)
from sitecore_kashflow.reconciliation.values import (
    Agreement,
    Balance,
    Difference,
    DifferenceKind,
    OpenOrder,
    Period,
    Split,
    Sums,
)

NOW = datetime(2026, 12, 2, 9, tzinfo=UTC)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
SUMS = Sums(1, Split(Decimal("24.95")), Decimal("4.99"), Decimal("29.94"))
CHROMIUM = shutil.which("chromium")


def entered(amount: str) -> Entered:
    return Entered(Decimal(amount), "A. Name", NOW)


def facts(**changes: Any) -> MonthFacts:
    """Order A of November, paid through a clearing account whose proof is that of its gateway."""
    clearing = Balance("1210", "Stripe", Decimal("412.10"), {date(2026, 11, 30): Decimal("380.02")}, Decimal("792.12"))
    agreement = Agreement(NOVEMBER, NOW, NOW, "GBP", SUMS, SUMS, balances=(clearing,))
    made = MonthFacts(
        month=NOVEMBER,
        agreement=agreement,
        accounts=(Posting(4000, "taxable", Decimal("24.95"), Decimal("4.99")),),
        clearing=frozenset({"1210"}),
        deferral=Proposal("Paid and not sent", NOVEMBER.last, date(2026, 12, 1), ()),
        first_open_day=date(2026, 12, 1),
        entered={
            "gateway-receipts": entered("29.94"),
            "gateway:1210": entered("792.12"),
            "stock": entered("4"),
            "stock-booked": entered("4.00"),
            "vat:box1": entered("4.99"),
            "vat:box6": entered("24.95"),
        },
    )
    return replace(made, **changes)


def colour(number: int, of: MonthFacts) -> Colour:
    return next(one.colour for one in controls_of(of) if one.number == number)


def differing(**changes: Any) -> Agreement:
    return replace(facts().agreement, **changes)


def test_month_whose_figures_are_all_there_and_equal_is_green() -> None:
    assert [one.colour for one in controls_of(facts())] == [Colour.GREEN] * 12


def test_payouts_that_agree_and_are_booked_leave_the_month_green() -> None:
    assert colour(3, facts(paid_out=PaidOut(4, agreed=4, payouts=2, booked=2))) is Colour.GREEN
    assert colour(3, facts(paid_out=PaidOut(0, agreed=0, payouts=0, booked=0))) is Colour.GREEN


def test_receipts_that_no_payout_has_are_said_where_payouts_are_known() -> None:
    def words(paid_out: PaidOut | None) -> str:
        return next(one.words for one in controls_of(facts(paid_out=paid_out)) if one.number == 3)

    left = PaidOut(4, agreed=4, payouts=2, booked=2, left=2, left_amount=Decimal("34.50"))
    assert words(left) == "Receipts in no payout yet: 2, of 34.50 GBP."
    assert "in no payout" not in words(None)


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        (3, {"paid_out": PaidOut(4, agreed=3, payouts=2, booked=2)}),
        (3, {"paid_out": PaidOut(4, agreed=4, payouts=2, booked=1)}),
        (1, {"agreement": differing(by_books=replace(SUMS, vat=Decimal("4.98")))}),
        (1, {"agreement": differing(differences=(Difference(DifferenceKind.DOCUMENT_DIFFERS, "a line"),))}),
        (2, {"parked": (OpenOrder("order:shop:1", "parked", NOVEMBER.last, "parked", "X"),)}),
        (3, {"agreement": differing(by_books=replace(SUMS, receipts=Decimal("59.88")))}),
        (4, {"entered": dict(facts().entered) | {"gateway:1210": entered("792.11")}}),
        (6, {"agreement": differing(by_books=replace(SUMS, due=Decimal(1)))}),
        (10, {"entered": dict(facts().entered) | {"vat:box6": entered("24.96")}}),
        (11, {"rounding": Decimal("-0.41"), "rounding_bound": Decimal("0.40")}),
        (12, {"first_open_day": date(2026, 11, 1)}),
    ],
)
def test_control_whose_figures_differ_is_red_and_no_other_is(number: int, changes: dict[str, Any]) -> None:
    red = [one.number for one in controls_of(facts(**changes)) if one.colour is Colour.RED]
    assert red in ([number], [3, number], [number, 3])


@pytest.mark.parametrize(
    ("number", "key"), [(3, "gateway-receipts"), (4, "gateway:1210"), (9, "stock"), (10, "vat:box1")]
)
def test_control_without_a_second_figure_is_grey(number: int, key: str) -> None:
    others = {name: one for name, one in facts().entered.items() if name != key}
    assert colour(number, facts(entered=others)) is Colour.GREY


def test_difference_that_is_explained_makes_nothing_red() -> None:
    explained = Difference(DifferenceKind.DOCUMENT_MISSING, "parked", why="parked: X")
    assert colour(1, facts(agreement=differing(differences=(explained,)))) is Colour.GREEN


def test_account_that_gift_cards_pass_through_must_come_to_nothing() -> None:
    assert colour(5, facts(passing=frozenset({"1210"}))) is Colour.RED


def test_liability_that_moved_waits_for_the_nominal_in_kashflow() -> None:
    moved = (*facts().accounts, Posting(2115, "taxable", Decimal(200), Decimal(40)))
    owing = facts(accounts=moved, liabilities={"deposit": 2115})
    assert colour(5, owing) is Colour.GREY
    said = dict(owing.entered) | {"nominal:2115": entered("200.00")}
    assert colour(5, replace(owing, entered=said)) is Colour.GREEN


def test_relief_for_a_bad_debt_begins_and_ends_on_the_days_of_the_law() -> None:
    """W19: due on 31 December 2026."""
    due = date(2026, 12, 31)
    assert (months_later(due, 6), months_later(due, 54)) == (date(2027, 6, 30), date(2031, 6, 30))


def test_balance_runs_on_over_days_without_a_movement() -> None:
    moved = {date(2026, 11, 2): Decimal(5), date(2026, 11, 30): Decimal(-2)}
    found = running(NOVEMBER, moved, Decimal(1))
    assert [str(found[at]) for at in (0, 1, 28, 29)] == ["1", "6", "6", "4"]
    assert len(found) == 30


def full_page() -> MonthEnd:
    lines = (JournalLine(4000, Decimal("24.95"), Decimal(0)), JournalLine(2115, Decimal(0), Decimal("24.95")))
    debt = BadDebt("SO-1", 1001, NOVEMBER.first, Decimal(1200), Decimal(200), "GBP", date(2027, 5, 1), date(2031, 5, 1))
    orders = tuple(
        OpenOrder(f"=cmd|{number}", "parked", NOVEMBER.last, "parked: <b>&", "X", Decimal(10), Decimal(2), "GBP")
        for number in range(40)
    )
    made = facts(
        parked=orders,
        deferral=Proposal("Paid and not sent", NOVEMBER.last, date(2026, 12, 1), lines, ("SO-1",)),
        bad_debts=(debt,),
    )
    return MonthEnd(made, controls_of(made))


def test_page_escapes_everything_and_needs_nothing_beside_itself() -> None:
    text = as_html(full_page())
    assert "parked: &lt;b&gt;&amp;" in text
    assert "<b>" not in text
    assert not [word for word in ("<script", "http://", "https://", "src=", "url(", "@import") if word in text]
    assert text.count("<svg") == 2


def test_spreadsheet_takes_no_text_for_a_formula_and_an_amount_for_an_amount() -> None:
    text = as_csv(full_page())
    assert "parked,'=cmd|0,X,10,2,," in text
    assert re.search(r"^deferral,2115,,0,24.95,", text, re.MULTILINE)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here to print the page")
def test_page_prints_on_few_sheets_of_a4(tmp_path: Path) -> None:
    page, printed = tmp_path / "page.html", tmp_path / "page.pdf"
    page.write_text(as_html(full_page()), "utf-8")
    options = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-pdf-header-footer",
        f"--user-data-dir={tmp_path / 'b'}",
    )
    command = [str(CHROMIUM), *options, f"--print-to-pdf={printed}", page.as_uri()]
    subprocess.run(command, capture_output=True, timeout=60, check=True)
    told = printed.read_bytes()
    sizes = {
        tuple(round(float(part)) for part in box.split()[2:]) for box in re.findall(rb"/MediaBox \[([^]]+)\]", told)
    }
    assert sizes == {(595, 842)}
    assert 2 <= len(re.findall(rb"/MediaBox", told)) <= 5
