"""The shops by source, and what reports to all of them."""

from importlib import import_module

from ...errors import PermanentError
from ...shops.shop import Shop, Shops
from ...usecases.report_status import Reporter
from ..wiring import Wiring

SOURCES = {"ordercloud": f"{__package__}.ordercloud"}
"""Each shop's module with a function `shop(wiring)`."""


def shops(wiring: Wiring) -> Shops:
    """A function that returns the shop of a source. Each is built when first needed, or now if we build ahead."""
    built: dict[str, Shop] = {}

    def shop_of(source: str) -> Shop:
        if source not in built:
            if source not in SOURCES:
                raise PermanentError("SHOP_UNKNOWN", f"The bridge has no shop {source}.")
            built[source] = import_module(SOURCES[source]).shop(wiring)
        return built[source]

    if wiring.builds_ahead:
        for source in SOURCES:
            shop_of(source)
    return shop_of


def reporter(wiring: Wiring) -> Reporter:
    return Reporter(wiring.ledger, wiring.shops)
