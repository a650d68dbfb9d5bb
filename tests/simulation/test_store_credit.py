"""Store credit that is given for goods is credited once, on the day on which it is spent, whatever goes wrong."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from sandbox.retail_order import PaymentKind, RetailOrder
from sandbox.service_desk import Returned
from tests.simulation.drive import an_order
from tests.simulation.environment import PUBLISHED_RULES
from tests.simulation.faults import Chosen, InTurn, Plan
from tests.simulation.test_split_dispatch import WRITES, after, judged, then
from tests.simulation.walks import TOLD_OF_CHANGES, Day, played

RULES = """
payments:
  store_credit_types: [SpendingAccount]
  accounts: [{type: SpendingAccount, bank_account: "1220", method: Gift card}]
"""
HOOKS = (*TOLD_OF_CHANGES, ("PATCH", "v1/orders/{direction}/{orderID}/payments/{paymentID}"))
CREDIT = Decimal("12.01")


@pytest.fixture(autouse=True)
def rules_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PUBLISHED_RULES.items():
        monkeypatch.setenv(name, value)


def sold(day: Day) -> RetailOrder:
    day.world.rules_text = RULES
    day.place(an_order(0, 1))
    order = replace(an_order(1, 1, PaymentKind.CAPTURED), completed=True)
    day.place(order)
    day.begin()
    return order


def spent_later(day: Day) -> None:
    """A mug comes back for store credit on the first day, which is spent on the fifth."""
    order, payments = sold(day), list[str]()
    then(day, 1, lambda desk: payments.append(desk.give_store_credit(order, [Returned("MUG", 1, CREDIT)], CREDIT)))
    then(day, 5, lambda desk: desk.say_spent(order, payments[0]))
    judged(day, order, {"": (after(0), order.total), "-R1": (after(5), -CREDIT)}, "paid", "0")


def never_spent(day: Day) -> None:
    order = sold(day)
    then(day, 1, lambda desk: desk.give_store_credit(order, [Returned("MUG", 1, CREDIT)], CREDIT))
    judged(day, order, {"": (after(0), order.total)}, "paid", "0")


@pytest.mark.parametrize("script", [spent_later, never_spent])
def test_undisturbed_walk_comes_out_right(script: object) -> None:
    assert callable(script)
    report = played(script, HOOKS, Chosen())
    assert (report.violations, report.dead_letters) == ([], 0)


def test_it_is_credited_once_when_some_single_call_goes_wrong() -> None:
    """A sample of the calls; of those that write a document, every one with every fault."""
    calls = Chosen()
    played(spent_later, HOOKS, calls)
    kinds, random = InTurn(), Random(1)
    plans: list[Plan] = [{at: kind} for at, site in enumerate(calls.sites) for kind in kinds(site)]
    posts = [plan for plan in plans if calls.sites[int(next(iter(plan)))].startswith(WRITES)]
    wrong = {}
    for plan in [*posts, *random.sample(plans, 10)]:
        if found := played(spent_later, HOOKS, Chosen(plan)).violations:
            wrong[repr(plan)] = found
    assert wrong == {}
