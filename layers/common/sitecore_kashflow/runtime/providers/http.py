"""The connections to the outside systems, and the gate before each."""

import httpx

from ...calls.access import AccessStore, Budget
from ...calls.gate import Gate
from ...calls.http import http_client
from ...calls.timing import Timing
from ..wiring import Wiring


def http(wiring: Wiring) -> httpx.Client:
    return http_client(wiring.transport)


def timing(wiring: Wiring) -> Timing:
    return Timing(wiring.clock, wiring.sleep, wiring.random)


def gate(wiring: Wiring, system: str, store: AccessStore, budget: Budget) -> Gate:
    """The gate before a system's calls; background work lets other work go first."""
    built = Gate(system, store, budget, timing(wiring), is_background=lambda: wiring.is_background)
    wiring.at_end.append(built.leave)
    return built
