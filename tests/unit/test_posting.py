"""The order that a step posts documents for is the one that was planned, to the digit."""

import hashlib
from decimal import Decimal
from typing import Any

import pytest

from sitecore_kashflow.canonical.order import Order, OrderLine
from sitecore_kashflow.runs.runs import Runs
from sitecore_kashflow.usecases.posting import order_as_planned
from tests.builders import order, payment, transaction
from tests.unit.doubles import Clock, a_run_that_holds, order_subject


def noise(seed: str) -> str:
    """A thousand characters that hardly compress."""
    return "".join(hashlib.sha512(f"{seed}-{part}".encode()).hexdigest() for part in range(8))[:1000]


def huge() -> Order:
    """A thousand lines, each with a thousand characters of noise."""
    lines = tuple(
        OrderLine(
            line_id=f"line-{number}",
            product_code=f"SKU-{number}",
            description=noise(str(number)),
            quantity=number + 1,
            unit_price=Decimal("0.0125"),
            subtotal=Decimal(number + 1) / 100,
            destination="GB",
        )
        for number in range(1000)
    )
    whole = sum((line.net for line in lines), Decimal(0))
    return order().model_copy(update={"lines": lines, "total": whole, "shipping": Decimal(0), "tax": Decimal(0)})


@pytest.mark.parametrize("made", [lambda: order(payments=[payment(transaction())]), huge], ids=["paid", "huge"])
def test_order_when_planned_comes_back_equal_whatever_its_size(table: Any, clock: Clock, made: Any) -> None:
    planned, runs = made(), Runs(table)
    job = a_run_that_holds(table, order_subject(), clock, planned)
    assert order_as_planned(runs.record(job.subject), runs) == planned
