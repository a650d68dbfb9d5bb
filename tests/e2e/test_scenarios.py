"""Each scenario of the demo comes out right on the local stack."""

import io

import pytest
from rich.console import Console

from sandbox import scenarios
from sandbox.retail import demo_orders


@pytest.mark.parametrize("name", scenarios.MODULES)
def test_scenario_comes_out_right(name: str) -> None:
    told = io.StringIO()
    ((_, play),) = scenarios.named(name)
    assert play(demo_orders(2), Console(file=told, width=120)) == 0, told.getvalue()
