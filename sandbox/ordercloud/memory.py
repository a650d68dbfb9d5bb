"""The imitated OrderCloud in memory, for simulations and fast tests: no network, any clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random

from sandbox.ordercloud.deliveries import HookAnswer
from sandbox.ordercloud.errors import ApiError
from sandbox.ordercloud.marketplace import Marketplace
from sandbox.ordercloud.messages import Outgoing
from sandbox.ordercloud.routing import answer_to
from sandbox.ordercloud.switches import SWITCHES
from sandbox.shared.calls import Calls
from sandbox.shared.faults import Faults
from sandbox.shared.gate import Traffic
from sandbox.shared.memory import MemoryTransport
from sandbox.shared.messages import Answer, Request, json_answer
from sandbox.shared.switches import Switches


@dataclass(frozen=True)
class InMemory:
    """Hand `transport` to an httpx client whose base address has no path; `handle` answers without HTTP or faults.

    What the platform would send is put into `outbox`; `deliveries.packed` makes it the signed bytes.
    """

    market: Marketplace
    switches: Switches
    faults: Faults
    calls: Calls
    outbox: list[Outgoing]
    handle: Callable[[Request], Answer]
    transport: MemoryTransport


def no_answer(_message: Outgoing) -> HookAnswer:
    """A listener that does not answer."""
    return None, b""


def in_memory(
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    seed: int = 1,
    switches: Mapping[str, str] | None = None,
    listener: Callable[[Outgoing], HookAnswer] = no_answer,
) -> InMemory:
    """A fresh marketplace.

    `sleep(seconds)` lets time pass on the clock; `listener` answers pre-hooks and integration events.
    """
    positions = Switches(SWITCHES, switches)
    market = Marketplace(clock, Random(seed), positions)
    outbox: list[Outgoing] = []

    def handle(request: Request) -> Answer:
        try:
            if request.path == "/oauth/token":
                return json_answer(200, market.token(request.body))
            return processed(request)
        except ApiError as refusal:
            return json_answer(refusal.status, refusal.body)

    def processed(request: Request) -> Answer:
        steps = market.process(request)
        try:
            message = next(steps)
            while True:
                message = steps.send(listener(message))
        except StopIteration as end:
            reply, announcements = end.value
            outbox.extend(announcements)
            return answer_to(reply)

    faults = Faults(Random(seed), own_kind="expire_token")
    calls = Calls()
    traffic = Traffic(faults, calls, clock, market.identity.end, market.routes.label)
    transport = MemoryTransport(handle, traffic, sleep)
    return InMemory(market, positions, faults, calls, outbox, handle, transport)
