"""The page of a month's end: both figures of each control, what a person enters and closes, what changes later."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_reconcile_books import CARD, number_of, sell
from tests.payout_files import HERE
from tests.person import Person
from tests.simulation.stage import WorldStage
from tests.terminal import Terminal

DECEMBER = timedelta(days=12)
CLEARING = "payments: {accounts: [{type: CreditCard, bank_account: '1202'}]}"


@pytest.fixture
def month_end(bridge: WorldStage, terminal: Terminal) -> Callable[..., Any]:
    def ask(*words: str) -> Any:
        return terminal.value("month-end", "2026-11", *words)

    return ask


def colours(page: Any) -> dict[int, str]:
    return {one["number"]: one["colour"] for one in page["controls"]}


def rows(page: Any, number: int) -> dict[str, tuple[Any, Any]]:
    (control,) = [one for one in page["controls"] if one["number"] == number]
    return {row["name"]: (row["ours"], row["theirs"]) for row in control["rows"]}


def month_passes(bridge: WorldStage) -> None:
    bridge.pass_time(DECEMBER.total_seconds())


def test_month_without_trouble_is_green_or_waits_for_figures_that_kashflow_does_not_give(
    bridge: WorldStage, month_end: Any, by_rules: Callable[[str], None]
) -> None:
    by_rules(CLEARING)
    bridge.shop.paid_order("SO-1", CARD)
    bridge.walk("SO-1")
    sell(bridge, "SO-2")
    month_passes(bridge)
    page = month_end()
    assert colours(page) == {
        1: "green", 2: "green", 3: "grey", 4: "grey", 5: "green", 6: "green", 7: "grey", 8: "green", 9: "grey",
        10: "grey", 11: "green", 12: "grey",
    }  # fmt: skip
    assert rows(page, 1)["VAT"] == ("9.98", "9.98")
    assert rows(page, 4) == {"1202 PayPal": ("29.94", None)}
    assert rows(page, 6) == {"owed on this month's documents": ("29.94", "29.94")}
    assert rows(page, 10) == {"box 1": ("9.98", None), "box 6": ("49.90", None)}


def test_figures_that_a_person_enters_by_name_turn_controls_green_or_red(
    bridge: WorldStage, month_end: Any, terminal: Terminal, by_rules: Callable[[str], None]
) -> None:
    by_rules(CLEARING)
    bridge.shop.paid_order("SO-1", CARD)
    bridge.walk("SO-1")
    bridge.change_account(transaction_lock_date="2026-12-01")
    month_passes(bridge)
    said = terminal.run("month-end", "2026-11", "--figure", "gateway:1202=29.94")
    assert (said.status, "--by" in said.err) == (1, True)
    figures = ("gateway:PayPal=29.94", "gateway-receipts=29.94", "vat:box1=4.99", "vat:box6=24.00")
    page = month_end(*(word for one in figures for word in ("--figure", one)), "--by", "A. Name")
    told = colours(page)
    assert (told[3], told[4], told[10], told[12]) == ("green", "green", "red", "green")
    assert rows(month_end("--figure", "vat:box6=24.95", "--by", "A. Name"), 10)["box 6"] == ("24.95", "24.95")


def test_figure_that_no_control_asks_for_is_refused_with_those_that_do(
    bridge: WorldStage, terminal: Terminal, month_end: Any
) -> None:
    month_passes(bridge)
    said = terminal.run("month-end", "2026-11", "--figure", "vat:box2=1", "--by", "A. Name")
    assert (said.status, "The page has no figure vat:box2. It has: " in said.err) == (1, True)
    assert "vat:box1, vat:box6" in said.err
    for wrong in ("=5", "vat:box1=NaN", "vat:box1"):
        assert terminal.run("month-end", "2026-11", "--figure", wrong, "--by", "A. Name").status == 2
    assert rows(month_end(), 10)["box 1"] == ("0", None)


def test_parked_order_makes_its_control_red_with_the_vat_that_is_missing(bridge: WorldStage, month_end: Any) -> None:
    bridge.switch("kashflow", invoice_limit="reached")
    sell(bridge, "SO-1")
    month_passes(bridge)
    page = month_end()
    assert colours(page)[1] == "green"
    assert colours(page)[2] == "red"
    assert rows(page, 2) == {"orders": (1, 0), "gross": ("29.94", "0"), "VAT": ("4.99", "0")}
    assert [(one["order"], one["code"]) for one in page["parked"]] == [("order:ordercloud:SO-1", "KASHFLOW_REFUSED")]


def test_closed_month_whose_figures_change_afterwards_is_said_on_the_page_and_by_the_daily_comparison(
    bridge: WorldStage, month_end: Any, person: Person, terminal: Terminal
) -> None:
    sell(bridge, "SO-1", "SO-2")
    month_passes(bridge)
    assert "--by" in terminal.run("month-end", "2026-11", "--close").err
    closed = month_end("--close", "--by", "A. Name", "--yes")
    assert (closed["closed_by"], closed["changed"]) == ("A. Name", [])
    assert month_end()["changed"] == []
    person.do("DELETE", f"/invoices/{number_of(bridge, 'SO-2')}")
    page = month_end()
    assert {"figure": "1 VAT, theirs", "at_closing": "9.98", "now": "4.99"} in page["changed"]
    assert page["closed_by"] == "A. Name"
    assert {one["kind"] for one in page["differences"]} == {"document_deleted", "closed_month_changed"}
    assert "Changed since then: 1 VAT, theirs: 9.98 then, 4.99 now." in terminal.run("month-end", "2026-11").lines


def test_payouts_of_the_month_stand_beside_the_books_and_what_is_in_none_is_said(
    bridge: WorldStage, month_end: Any, terminal: Terminal
) -> None:
    for name, charge in (("SO-1", "ch_1"), ("SO-2", "ch_9")):
        bridge.shop.paid_order(name, CARD | {"xp": {"PspReference": charge}})
        bridge.walk(name)
    terminal.run("payouts", "import", str(HERE / "stripe.csv"), "--gateway", "stripe")
    month_passes(bridge)
    page = month_end()
    found = rows(page, 3)
    assert colours(page)[3] == "red"
    assert found["payments in payouts, and in KashFlow"] == (6, 1)
    assert found["payouts that arrived, and are booked"] == (2, 0)
    assert words_of_receipts(page) == "Receipts in no payout yet: 1, of 29.94 GBP."
    before, later = (terminal.value("month-end", month) for month in ("2026-10", "2026-12"))
    assert not any("payouts" in name for page in (before, later) for name in rows(page, 3))
    assert words_of_receipts(before) == ""
    assert "import their payouts" in words_of_receipts(later), "the payouts of November say nothing of December"


def words_of_receipts(page: Any) -> Any:
    return next(one["words"] or "" for one in page["controls"] if one["number"] == 3)


def test_running_month_is_shown_so_far_and_cannot_be_closed(
    bridge: WorldStage, terminal: Terminal, month_end: Any, tmp_path: Path
) -> None:
    sell(bridge, "SO-1")
    page = tmp_path / "page.html"
    assert month_end("--html", str(page))["last"] == "2026-11-20"
    assert "so far (to 20 November)" in page.read_text("utf-8")
    assert "ends on 2026-11-30" in terminal.run("month-end", "2026-11", "--close", "--by", "A. Name").err
    assert "ends on 2026-12-31" in terminal.run("month-end", "2026-12").err


def test_debt_is_listed_from_six_months_after_it_was_due(bridge: WorldStage, terminal: Terminal) -> None:
    sell(bridge, "SO-1")
    bridge.pass_time(timedelta(days=200).total_seconds())
    assert terminal.value("month-end", "2027-04")["bad_debt_due"] == []
    (debt,) = terminal.value("month-end", "2027-05")["bad_debt_due"]
    assert (debt["owed"], debt["vat"], debt["relief_from"], debt["relief_until"]) == (
        "29.94", "4.99", "2027-05-20", "2031-05-20",
    )  # fmt: skip


def test_income_of_what_is_paid_and_not_sent_is_proposed_to_be_deferred_without_its_vat(
    bridge: WorldStage, month_end: Any
) -> None:
    for name in ("SENT", "KEPT"):
        bridge.shop.paid_order(name, CARD)
        bridge.walk(name)
    bridge.shop.call("POST", "/v1/orders/Incoming/SENT/complete")
    bridge.walk("SENT", "complete")
    month_passes(bridge)
    page = month_end()
    assert rows(page, 7) == {"to be deferred, and deferred": ("24.95", None)}
    told = page["deferral"]
    assert (told["orders"], told["day"], told["reversed_on"]) == (["KEPT"], "2026-11-30", "2026-12-01")
    debits = [(one["account"], one["debit"], one["credit"]) for one in told["lines"]]
    assert debits[-1] == (2115, "0", "24.95")
    assert sum(Decimal(debit) for _, debit, _ in debits) == Decimal("24.95")
    assert colours(month_end("--figure", "deferred=24.95", "--by", "A. Name"))[7] == "green"


def test_page_is_one_file_that_escapes_what_people_typed(
    bridge: WorldStage, month_end: Any, person: Person, tmp_path: Path
) -> None:
    bridge.shop.paid_order("SO-1", CARD)
    bridge.walk("SO-1")
    person.book("<script>alert(1)</script>&amp;=1+1")
    month_passes(bridge)
    html, csv = tmp_path / "page.html", tmp_path / "page.csv"
    month_end("--html", str(html), "--csv", str(csv), "--figure", "stock=1", "--by", '"><b>B. Name')
    text = html.read_text("utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;=1+1" in text
    assert "<b>B. Name" not in text
    assert not [word for word in ("http://", "https://", "src=", "url(") if word in text]
    assert [line.split(",")[0] for line in csv.read_text("utf-8").splitlines()][:2] == [
        "list",
        "1 Orders and documents",
    ]
    assert Decimal("29.94") == bridge.books.rows()[0]["GrossAmount"]
