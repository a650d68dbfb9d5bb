"""An order that a rule holds is posted once, and only after a person has approved it, whatever goes wrong."""

from random import Random

import pytest

from sandbox.retail_order import PaymentKind
from tests.simulation.drive import an_order
from tests.simulation.environment import PUBLISHED_RULES
from tests.simulation.faults import Chosen, InTurn, Plan
from tests.simulation.walks import TOLD_OF_SUBMIT, Day, played

HOLD = "{version: held, conditional: {rules: [{name: all, when: {}, set: {hold: look at it}}]}}"


@pytest.fixture(autouse=True)
def rules_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PUBLISHED_RULES.items():
        monkeypatch.setenv(name, value)


def held_and_approved(day: Day) -> None:
    """An order of a known customer is held; a person approves it half an hour later."""
    day.place(an_order(0, 1))
    day.begin()
    day.world.rules_text = HOLD
    day.world.scheduler.sleep(61)
    order = an_order(1, 1, PaymentKind.NONE)
    day.place(order)
    day.world.plan(1800, lambda: day.resume(order))
    day.world.judges[order.order_id] = lambda: [] if day.world.state(order.order_id).get("approvals") else ["not held"]


def test_undisturbed_walk_comes_out_right() -> None:
    report = played(held_and_approved, TOLD_OF_SUBMIT, Chosen())
    assert (report.violations, report.dead_letters) == ([], 0)


def test_each_invoice_stands_once_when_some_single_call_goes_wrong() -> None:
    """A sample of the calls; of those that post an invoice, every one with every fault."""
    calls = Chosen()
    played(held_and_approved, TOLD_OF_SUBMIT, calls)
    kinds, random = InTurn(), Random(1)
    plans: list[Plan] = [{at: kind} for at, site in enumerate(calls.sites) for kind in kinds(site)]
    posts = [plan for plan in plans if calls.sites[int(next(iter(plan)))].startswith("kashflow P")]
    wrong = {}
    for plan in [*posts, *random.sample(plans, 25)]:
        violations = played(held_and_approved, TOLD_OF_SUBMIT, Chosen(plan)).violations
        if found := [
            one for one in violations if not one.startswith("customer ")
        ]:  # two are right where a rule says so
            wrong[repr(plan)] = found
    assert wrong == {}
