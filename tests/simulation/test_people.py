"""A person's decision at any moment of a run: abandoned is final, and what is cancelled is not booked."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.simulation.faults import Chosen
from tests.simulation.people import abandoned_under_way, cancelled_under_way
from tests.simulation.walks import TOLD_OF_CANCELLING, TOLD_OF_SUBMIT, Day, played
from tests.simulation.world import Hooks


@pytest.mark.parametrize(
    ("script", "hooks"),
    [(abandoned_under_way, TOLD_OF_SUBMIT), (cancelled_under_way, TOLD_OF_CANCELLING)],
    ids=["abandoned", "cancelled"],
)
def test_order_when_a_person_decides_at_any_call_of_its_run_comes_out_right(
    script: Callable[..., None], hooks: Hooks
) -> None:
    calls = _calls(script, hooks)
    wrong = {at: played(partial(script, at=at), hooks, Chosen()).violations for at in range(calls)}
    assert {at: found for at, found in wrong.items() if found} == {}
    assert calls > 30


def _calls(script: Callable[..., None], hooks: Hooks) -> int:
    """How many calls the run makes if nobody decides anything."""
    lines: list[Any] = []

    def undecided(day: Day) -> None:
        script(day, "never")
        lines.append(day.world.faults)

    played(undecided, hooks, Chosen())
    calls: int = lines[0].calls
    return calls
