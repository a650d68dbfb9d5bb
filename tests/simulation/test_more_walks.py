"""Orders that are edited, stopped or paid in parts, and credentials that change: some single faults of each walk.

`make simulate-all` plays all of them.
"""

import pytest

from tests.simulation.drive import an_order
from tests.simulation.faults import Chosen
from tests.simulation.more_walks import MORE_WALKS, stop_next_run
from tests.simulation.walks import TOLD_OF_PAYMENTS, Day, singles, walk, written

_ONE_OF = 36


@pytest.mark.parametrize("name", MORE_WALKS)
def test_walk_when_some_single_call_goes_wrong_comes_out_right(name: str) -> None:
    plans = [{}, *list(singles(name))[::_ONE_OF]]
    assert {written(plan): found for plan in plans if (found := walk(name, plan)[0].violations)} == {}


def test_run_when_it_is_stopped_was_at_work() -> None:
    day = Day(Chosen(), TOLD_OF_PAYMENTS)
    day.begin()
    day.place(an_order(1, 1))
    stop_next_run(day)
    day.world.run()
    assert [run.status for run in day.world.workflows.executions.values()] == ["ABORTED"]
    assert day.world.state("SO-1")["state"] == "parked"
    day.world.close()
