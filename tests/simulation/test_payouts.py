"""Payouts through the real functions: each stands in the books once, and clearing is at 0.00, come what may."""

from collections.abc import Callable
from random import Random

import pytest

from sitecore_kashflow.books.kashflow.bank_transactions import BankTransactionKind
from sitecore_kashflow.documents.kinds import Finding
from tests.simulation.environment import PUBLISHED_RULES
from tests.simulation.faults import Chosen, Faults, InTurn, Plan
from tests.simulation.payouts import PayingOut, paid_out, refund_that_only_the_payout_knows, sold
from tests.simulation.walks import TOLD_OF_CHANGES, Day, Pair, played

BANK = "kashflow POST /v2/bankaccounts/{id}/transactions"
Script = Callable[[Day], None]


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PUBLISHED_RULES.items():
        monkeypatch.setenv(name, value)


def wrong(script: Script, faults: Faults) -> list[str]:
    return played(script, TOLD_OF_CHANGES, faults).violations


def sites_of(script: Script) -> list[str]:
    calm = Chosen()
    assert wrong(script, calm) == []
    return calm.sites


@pytest.mark.parametrize("script", [paid_out, refund_that_only_the_payout_knows])
def test_payout_is_booked_once_and_clears(script: Script) -> None:
    assert sites_of(script).count(BANK) == 2


@pytest.mark.parametrize("part", range(4))
def test_payout_stands_once_when_any_single_call_goes_wrong(part: int) -> None:
    kinds, sites = InTurn(), sites_of(paid_out)
    plans: list[Plan] = [{at: kind} for at, site in enumerate(sites) for kind in kinds(site)]
    assert {repr(plan): found for plan in plans[part::4] if (found := wrong(paid_out, Chosen(plan)))} == {}


def test_payout_stands_once_when_two_calls_go_wrong() -> None:
    random = Random("payouts")
    kinds, sites, failed = InTurn(), sites_of(paid_out), dict[str, list[str]]()
    firsts: list[Plan] = [{at: kind} for at, site in enumerate(sites) for kind in kinds(site)]
    for _ in range(24):
        first = random.choice(firsts)
        pair = Pair(first, int(next(iter(first))) + 1 + int(random.expovariate(0.1)), random)
        if found := wrong(paid_out, pair):
            failed[repr(pair.plan)] = found
    assert failed == {}


def test_file_that_comes_twice_or_three_times_adds_nothing() -> None:
    def thrice(day: Day) -> None:
        gateway = PayingOut(day.world)
        file = gateway.pay_out("po_1", [sold(day, 0)])
        for seconds in (1, 2, 90_000):
            day.world.plan(seconds, lambda: gateway.put("po_1", file))

    assert wrong(thrice, Chosen()) == []


def test_checker_when_the_look_is_left_out_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrong(paid_out, Chosen({BANK: "lost"})) == []
    look = BankTransactionKind.look
    monkeypatch.setattr(BankTransactionKind, "look", lambda *given: Finding(None, look(*given).seen))
    assert wrong(paid_out, Chosen({BANK: "lost"})) != []
