"""The shops by source, part by part."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from ...errors import PermanentError
from ...shops.shop import Audiences, Lists, Shops
from ..wiring import Wiring

SOURCES = {"ordercloud": f"{__package__}.ordercloud"}
"""Each shop's module, with the functions `orders(wiring)`, `lists(wiring)` and `audience(wiring)`."""


def shops(wiring: Wiring) -> Shops:
    return _by_source(wiring, "orders")


def lists(wiring: Wiring) -> Lists:
    return _by_source(wiring, "lists")


def audiences(wiring: Wiring) -> Audiences:
    return _by_source(wiring, "audience")


def _by_source(wiring: Wiring, part: str) -> Callable[[str], Any]:
    """Gives a part of the shop of a source; each is built when first needed, or now where things are built ahead."""
    built: dict[str, Any] = {}

    def part_of(source: str) -> Any:
        if source not in built:
            if source not in SOURCES:
                raise PermanentError("SHOP_UNKNOWN", f"The bridge has no shop {source}.")
            built[source] = getattr(import_module(SOURCES[source]), part)(wiring)
        return built[source]

    if wiring.builds_ahead:
        for source in SOURCES:
            part_of(source)
    return part_of
