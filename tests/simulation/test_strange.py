"""Orders of strange shapes come out right, and the check that says so sees what is wrong."""

from dataclasses import replace
from random import Random

import pytest

from tests.simulation import strange
from tests.simulation.strange import Outcome, Strange, judged, played, strange_order
from tests.simulation.world import World


@pytest.fixture(autouse=True)
def fewer_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make strange` has an order of 1,500 lines, which takes ten seconds."""
    monkeypatch.setattr(strange, "_MOST_LINES", 150)


def test_strange_orders_are_invoiced_or_parked_for_the_reason_foreseen() -> None:
    """Sixty of them: every script, every fourth country, each kind of trouble."""
    outcome = played(1, 60, lambda number, random: strange_order(number * 4 + number // 15, random))
    assert outcome.wrong == []
    assert sum(outcome.states.values()) == 60
    assert len(outcome.reasons) >= 2


def test_check_sees_an_order_that_should_have_been_parked_and_one_that_should_not() -> None:
    def swapped(number: int, random: Random) -> Strange:
        made = strange_order(9 if number else 0, random)
        return replace(made, parks=None if number else ("COUNTRY_UNKNOWN", "ZZ"))

    wrong = played(1, 2, swapped).wrong
    assert ["foreseen was" in words for words in wrong if "foreseen was" in words] == [True, True]


def test_check_sees_an_invoice_of_another_amount(monkeypatch: pytest.MonkeyPatch) -> None:
    def dearer(world: World, placed: list[Strange]) -> Outcome:
        """As if delivery had cost a pound more."""
        return judged(
            world, [replace(one, order=replace(one.order, shipping=one.order.shipping + 1)) for one in placed]
        )

    monkeypatch.setattr(strange, "judged", dearer)
    assert any("gross is" in words for words in played(1, 1).wrong)
