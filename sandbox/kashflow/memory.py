"""The imitated KashFlow in memory, for simulations and fast tests: no network, any clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random

from sandbox.kashflow import routes
from sandbox.kashflow.server import KashFlow
from sandbox.kashflow.switches import SWITCHES
from sandbox.shared.calls import Calls
from sandbox.shared.faults import Faults
from sandbox.shared.gate import Traffic
from sandbox.shared.memory import MemoryTransport
from sandbox.shared.switches import Switches


@dataclass(frozen=True)
class InMemory:
    """Hand `transport` to an httpx client whose base address ends in `/v2`."""

    kashflow: KashFlow
    switches: Switches
    faults: Faults
    calls: Calls
    transport: MemoryTransport


def in_memory(
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    seed: int = 1,
    switches: Mapping[str, str] | None = None,
) -> InMemory:
    """A fresh company; `sleep(seconds)` lets time pass on the clock when an answer is slow."""
    positions = Switches(SWITCHES, switches)
    kashflow = KashFlow(clock, seed, positions)
    faults = Faults(Random(seed), own_kind="expire_session")
    calls = Calls()
    traffic = Traffic(faults, calls, clock, kashflow.end_session, routes.label)
    transport = MemoryTransport(kashflow.handle, traffic, sleep)
    return InMemory(kashflow, positions, faults, calls, transport)
