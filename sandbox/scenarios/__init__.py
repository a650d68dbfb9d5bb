"""Scenarios of the demo: `make demo SCENARIO=enrichment,shadow`, or `SCENARIO=all` for all that follows a sale.

A scenario is a module with a function `play(orders, console)`, which returns an exit status, and a row here. Those of
what follows a sale are scripts (`after_sale_scripts.py`), which are played side by side and share their stacks.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from rich.console import Console

from sandbox.addresses import StackError
from sandbox.retail import RetailOrder
from sandbox.scenarios.after_sale_scripts import SCENARIOS

Play = Callable[[Sequence[RetailOrder], Console], int]
ALL = "all"
MODULES = {
    "business-rules": "business_rules",
    "enrichment": "enrichment",
    "month-end": "month_end",
    "shadow": "shadow",
}
"""The module of each scenario that has a stack of its own, by the name that is typed."""
PAYOUTS = ("payout", "payout-euro", "payout-late-refund")
"""Those of payouts share one stack (`payouts.py`)."""


def named(text: str) -> list[tuple[str, Play]]:
    """The scenarios that a text names; those that share a stack come as one. Raises `StackError` for any other name."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in (*MODULES, *SCENARIOS, *PAYOUTS, ALL)]
    if unknown or not names:
        what = f"There is no scenario {unknown[0]}." if unknown else "No scenario was named."
        there_are = ", ".join((*MODULES, *PAYOUTS, *SCENARIOS))
        raise StackError(f"{what} There are: {there_are}; and {ALL}, which is from {next(iter(SCENARIOS))} on.")
    return [
        *_after_sale(names),
        *_payouts(names),
        *((name, _module(MODULES[name]).play) for name in names if name in MODULES),
    ]


def _after_sale(names: Sequence[str]) -> Iterator[tuple[str, Play]]:
    wanted = [*SCENARIOS] if ALL in names else [name for name in names if name in SCENARIOS]
    if wanted:
        yield ALL if ALL in names else ", ".join(wanted), partial(_play_after_sale, wanted)


def _payouts(names: Sequence[str]) -> Iterator[tuple[str, Play]]:
    wanted = [name for name in names if name in PAYOUTS]
    if wanted:
        yield ", ".join(wanted), partial(_play_payouts, wanted)


def _play_payouts(names: Sequence[str], _: Sequence[RetailOrder], console: Console) -> int:
    status: int = _module("payouts").play(names, console)
    return status


def _play_after_sale(names: Sequence[str], _: Sequence[RetailOrder], console: Console) -> int:
    status: int = _module("after_sale").play(names, console)
    return status


def _module(name: str) -> Any:
    return import_module(f"{__name__}.{name}")
