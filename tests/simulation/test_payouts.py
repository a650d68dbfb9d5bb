"""Payouts through the real functions: each stands in the books once, and clearing is at 0.00, come what may."""

import json
from argparse import Namespace
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from sitecore_kashflow.books.kashflow.bank_transactions import BankTransactionKind
from sitecore_kashflow.bridge.person import Person
from sitecore_kashflow.bridge.verbs.books import books
from sitecore_kashflow.documents.kinds import Finding
from sitecore_kashflow.runs.subject import Subject
from tests.payout_files import mapping_of, raw
from tests.simulation.environment import PUBLISHED_RULES
from tests.simulation.faults import Chosen, Faults, InTurn, Plan
from tests.simulation.payouts import REFUND, PayingOut, paid_out, refund_that_only_the_payout_knows, sold
from tests.simulation.scheduler import START
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


def stripe_state(day: Day, name: str = "po_1") -> dict[str, object]:
    return day.world.tables["LedgerTable"].items[f"PAYOUT#stripe:{name}", "STATE"]


def told_of(script: Script) -> Day:
    """The day after its end, however it came out."""
    day = Day(Chosen(), TOLD_OF_CHANGES)
    script(day)
    day.world.run()
    day.world.close()
    return day


def banked(day: Day) -> list[str]:
    return [str(one["Comment"]).split()[0] for one in day.world.kashflow.kashflow.books.bank_transactions]


def test_payout_of_what_the_books_never_show_waits_for_a_day_and_then_for_a_person() -> None:
    """The bank took a refund that was never recorded in the shop."""

    def unknown(day: Day) -> None:
        gateway = PayingOut(day.world)
        file = gateway.pay_out("po_1", [sold(day, 0)]).decode().splitlines()
        row = "txn_9,po_1,2026-11-24 00:00:00,2026-11-22 10:00:00,gbp,-5.00,0.00,-5.00,refund,re_9,psp-SO-0-P1-T2"
        file[-1:] = [f"{row},5.00,gbp,by phone,SO-0"]
        day.world.put_file("stripe/po_1.csv", "\n".join(file).encode())

    day = told_of(unknown)
    state = stripe_state(day)
    assert (state["state"], state["reason_code"], banked(day)) == ("parked", "PAYOUT_DIFFERS", [])
    assert "Refund re_9 of -5.00 GBP (SO-0): missing in KashFlow" in str(state["reason"])
    waited = day.world.clock() - START
    assert timedelta(hours=24) <= waited < timedelta(hours=26)


def test_parked_payout_is_booked_once_its_order_is_right_and_a_person_resumes_it() -> None:
    def late(day: Day) -> None:
        gateway = PayingOut(day.world)
        order = sold(day, 0)
        day.world.dropped = 1
        day.desk.give_back(order, REFUND)
        day.world.rules_text = day.world.rules_text.replace('"1200"}', '"1200", wait_hours: 0}')
        gateway.put("po_1", gateway.pay_out("po_1", [order]))
        day.world.plan(3600, lambda: states.append(stripe_state(day)["state"]))
        about = Subject("payout", "stripe", "po_1")
        day.world.plan(7200, lambda: day.command(lambda here: here.decisions.resume(about, day.world.clock())))

    states: list[object] = []
    assert wrong(late, Chosen()) == []
    assert states == ["parked"]


def test_payout_that_is_in_the_books_is_not_taken_otherwise() -> None:
    def changed(day: Day) -> None:
        gateway = PayingOut(day.world)
        file = gateway.pay_out("po_1", [sold(day, 0)])
        gateway.put("po_1", file)
        day.world.plan(3600, lambda: day.world.put_file("stripe/other.csv", file.replace(b"2026-", b"2025-")))

    day = told_of(changed)
    assert day.world.import_dead_letters == ["stripe/other.csv"]
    assert (stripe_state(day)["state"], len(banked(day))) == ("booked", 2)


def test_money_that_was_received_on_another_account_is_not_taken_from_clearing() -> None:
    def elsewhere(day: Day) -> None:
        gateway = PayingOut(day.world)
        order = sold(day, 0)
        day.world.rules_text = day.world.rules_text.replace(
            'currency: GBP, bank_account: "1210"', 'bank_account: "1202"'
        )
        gateway.put("po_1", gateway.pay_out("po_1", [order]))

    day = told_of(elsewhere)
    assert (stripe_state(day)["reason_code"], banked(day)) == ("PAYOUT_DIFFERS", [])
    assert "is not on account 1202" in str(stripe_state(day)["reason"])


def test_payout_in_shadow_mode_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def shadow(day: Day) -> None:
        gateway = PayingOut(day.world)
        file = gateway.pay_out("po_1", [sold(day, 0)])
        monkeypatch.setenv("POSTING_MODE", "shadow")
        gateway.put("po_1", file)

    day = told_of(shadow)
    assert (stripe_state(day)["state"], banked(day)) == ("shadowed", [])


def test_file_of_payments_alone_is_compared_and_nothing_is_booked() -> None:
    def opayo(day: Day) -> None:
        gateway = PayingOut(day.world)
        order = sold(day, 0)
        gateway.files.clear()
        mapping = json.dumps(mapping_of("opayo").model_dump(mode="json", exclude_defaults=True))
        day.world.rules_text = day.world.rules_text.replace('"1200"}', f'"1200", mappings: {{opayo: {mapping}}}}}')
        row = f"2026-11-24,Elavon,PAYMENT,SO-0,psp-SO-0-P1-T2,{order.total},GBP,2026-11-24 10:15:00"
        day.world.put_file("opayo/a.csv", raw("opayo").splitlines()[0] + b"\n" + row.encode())

    day = told_of(opayo)
    ledger = day.world.tables["LedgerTable"].items
    assert ledger["PAYOUT#opayo:2026-11-24-Elavon", "STATE"]["state"] == "matched"
    assert banked(day) == []


def test_trial_balance_has_fees_and_what_reached_the_bank(monkeypatch: pytest.MonkeyPatch) -> None:
    day = told_of(paid_out)
    made = day.world.kashflow.kashflow.books.bank_transactions
    amount = next(one["PaidOut"] for one in made if one["NominalCode"] == 1200)
    first, last = date(2026, 10, 1), date(2027, 3, 31)
    desk: Any = SimpleNamespace(wiring=day.world.container(), person=Person())
    report = books(Namespace(from_day=first, to_day=last), desk)
    rows = {one.account: one.net.amount for one in report.accounts}
    assert (rows[7905] < 0, rows[1200]) == (True, -amount)
    assert sum((row.debit.amount - row.credit.amount for row in report.rows), Decimal(0)) == 0


def test_checker_when_the_look_is_left_out_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrong(paid_out, Chosen({BANK: "lost"})) == []
    look = BankTransactionKind.look
    monkeypatch.setattr(BankTransactionKind, "look", lambda *given: Finding(None, look(*given).seen))
    assert wrong(paid_out, Chosen({BANK: "lost"})) != []
