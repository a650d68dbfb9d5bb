"""Scenarios of the demo are named on the command line; those of what follows a sale hold both systems to each other."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from sandbox import scenarios
from sandbox.addresses import StackError
from sandbox.scenarios.after_sale import Played
from sandbox.scenarios.after_sale_scripts import SCENARIOS, both
from sandbox.scenarios.agreement import Account, Document
from sandbox.scenarios.payouts import SCRIPTS
from sandbox.witness import Money, OrderState

TEN, ZERO = Decimal("10.00"), Decimal(0)
SALE, NOTE = (
    Document(f"AS-1{end}", end, Decimal(gross), Decimal(gross), ZERO, date(2026, 11, day), "Paid")
    for end, gross, day in (("", "37.94", 20), ("-R1", "-5.00", 21))
)
ORDER = OrderState("AS-1", "Open", Decimal("37.94"), "GBP", None, {"SyncState": "Paid"})
REFUNDED = Account((SALE, NOTE), ORDER, Money(Decimal("37.94"), Decimal("5.00"), ZERO))
WANTED = both("Paid", "37.94", R1="-5.00")


def test_scenarios_are_played_in_the_order_in_which_they_are_named() -> None:
    assert [name for name, _ in scenarios.named("shadow, enrichment")] == ["shadow", "enrichment"]


def test_scenarios_of_what_follows_a_sale_are_played_together() -> None:
    assert [name for name, _ in scenarios.named("return, shadow, swap")] == ["return, swap", "shadow"]
    assert [name for name, _ in scenarios.named("all, return")] == ["all"]


def test_scenarios_of_payouts_are_played_together() -> None:
    assert [name for name, _ in scenarios.named("payout, shadow, payout-euro")] == ["payout, payout-euro", "shadow"]
    assert list(scenarios.PAYOUTS) == list(SCRIPTS)


def test_every_scenario_of_the_list_has_its_module() -> None:
    assert [name for name, _ in scenarios.named(",".join(scenarios.MODULES))] == list(scenarios.MODULES)


@pytest.mark.parametrize(
    ("text", "words"), [("shadow,moon", "There is no scenario moon"), (" , ", "No scenario was named")]
)
def test_scenario_that_there_is_not_is_refused_with_those_that_there_are(text: str, words: str) -> None:
    with pytest.raises(
        StackError, match=f"{words}. There are: business-rules, enrichment, month-end, shadow, payout, payout-euro, "
    ):
        scenarios.named(text)


def test_systems_that_show_the_same_agree() -> None:
    assert [*REFUNDED.faults(WANTED)] == []


@pytest.mark.parametrize(
    ("account", "words"),
    [
        (replace(REFUNDED, documents=(SALE,)), "KashFlow has sale 37.94, and should have sale 37.94, R1 -5.00"),
        (replace(REFUNDED, documents=(SALE, NOTE, NOTE)), "KashFlow charges 27.94, by Sitecore it is 32.94"),
        (replace(REFUNDED, documents=(SALE, replace(NOTE, paid=ZERO))), "37.94 paid, Sitecore 32.94"),
        (replace(REFUNDED, documents=(SALE, replace(NOTE, due=TEN))), "10.00 due, and 32.94 less 32.94"),
        (replace(REFUNDED, order=replace(ORDER, total=Decimal(50))), "charges 32.94, by Sitecore it is 45.00"),
        (replace(REFUNDED, money=replace(REFUNDED.money, taken=TEN)), "32.94 paid, Sitecore 22.94"),
        (replace(REFUNDED, order=replace(ORDER, bridge_report={})), "Sitecore says nothing, and should say Paid"),
    ],
)
def test_systems_that_differ_are_told_apart(account: Account, words: str) -> None:
    assert any(words in fault for fault in account.faults(WANTED))


def test_document_is_dated_when_the_shop_did_what_it_is_for() -> None:
    """The invoice on the first day, the credit note on the second."""
    played = Played(SCENARIOS["goodwill"], iter([both("Paid", "37.94"), WANTED]))
    for day in (20, 21):
        assert played.goes_on(datetime(2026, 11, day, 12, tzinfo=UTC))
    assert played.look(REFUNDED)
    assert not played.look(replace(REFUNDED, documents=(SALE, replace(NOTE, day=SALE.day))))
    assert played.faults == ["AS-1-R1 is of 2026-11-20, which is not the day of what it is for"]
    assert not played.goes_on(datetime(2026, 11, 22, 12, tzinfo=UTC))
