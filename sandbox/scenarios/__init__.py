"""Scenarios of the demo: `make demo SCENARIO=enrichment,shadow`. Each has a stack of its own, one after the other.

A scenario is a module with a function `play(orders, console)`, which returns an exit status, and a row here.
"""

from collections.abc import Callable, Sequence
from importlib import import_module

from rich.console import Console

from sandbox.addresses import StackError
from sandbox.retail import RetailOrder

Play = Callable[[Sequence[RetailOrder], Console], int]
MODULES = {"business-rules": "business_rules", "enrichment": "enrichment", "shadow": "shadow"}
"""The module of each scenario, by the name that is typed."""


def named(text: str) -> list[tuple[str, Play]]:
    """The scenarios that a text names. Raises `StackError` for one that there is not."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in MODULES]
    if unknown or not names:
        what = f"There is no scenario {unknown[0]}." if unknown else "No scenario was named."
        raise StackError(f"{what} There are: {', '.join(MODULES)}.")
    return [(name, import_module(f"{__name__}.{MODULES[name]}").play) for name in names]
