"""A scenario of the demo comes out right on the local stack.

It is the one for which the stack needs another function. What the others show is played without a stack
(`tests/integration/test_business_rules.py`, `tests/simulation/test_shadow.py`).
"""

import io

from rich.console import Console

from sandbox import scenarios
from sandbox.retail import demo_orders


def test_orders_that_the_shops_own_function_enriches_come_out_right() -> None:
    told = io.StringIO()
    ((_, play),) = scenarios.named("enrichment")
    assert play(demo_orders(2), Console(file=told, width=120)) == 0, told.getvalue()
