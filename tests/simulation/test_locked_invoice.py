"""Money for an invoice of a period that was locked meanwhile: entered by itself, once, whatever goes wrong."""

from functools import partial
from random import Random

import pytest

from sandbox.retail_order import PaymentKind
from tests.simulation.drive import an_order
from tests.simulation.environment import PUBLISHED_RULES
from tests.simulation.faults import Chosen, InTurn, Plan, kinds_of
from tests.simulation.walks import TOLD_OF_PAYMENTS, Day, played

RULES = "{orders: {locked_period: first_open_day}, payments: {when_invoice_is_locked: bulk_payment}}"
LOCK = {"transaction_lock_date": "2026-12-01"}
DAY = 86_400


@pytest.fixture(autouse=True)
def rules_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PUBLISHED_RULES.items():
        monkeypatch.setenv(name, value)


def paid_after_the_lock(day: Day) -> None:
    """A known customer's order is invoiced; the next day its period is locked; a day later its card is charged."""
    day.world.rules_text = RULES
    day.place(an_order(0, 1))
    day.begin()
    order = an_order(1, 1, PaymentKind.AUTHORISED)
    day.place(order)
    day.world.plan(DAY, partial(day.world.kashflow.kashflow.change_account, LOCK))
    day.world.plan(2 * DAY, partial(day.capture, order))


def test_undisturbed_walk_enters_the_payment_by_itself() -> None:
    calls = Chosen()
    report = played(paid_after_the_lock, TOLD_OF_PAYMENTS, calls)
    assert (report.violations, report.dead_letters) == ([], 0)
    assert len(bulk_payments(calls)) == 1


def test_the_payment_stands_once_when_some_single_call_goes_wrong() -> None:
    """A sample of the calls; of the post of the payment, every fault."""
    calls = Chosen()
    played(paid_after_the_lock, TOLD_OF_PAYMENTS, calls)
    kinds, random = InTurn(), Random("locked")
    plans: list[Plan] = [{at: kind} for at, site in enumerate(calls.sites) for kind in kinds(site)]
    posts: list[Plan] = [{at: kind} for at in bulk_payments(calls) for kind in kinds_of(calls.sites[at])]
    wrong = {}
    for plan in [*posts, *random.sample(plans, 25)]:
        if found := played(paid_after_the_lock, TOLD_OF_PAYMENTS, Chosen(plan)).violations:
            wrong[repr(plan)] = found
    assert wrong == {}


def bulk_payments(calls: Chosen) -> list[int]:
    return [at for at, site in enumerate(calls.sites) if "bulk/payments" in site]
