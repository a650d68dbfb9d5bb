"""The bridge's HTTP lines to both systems, which fail by the plan."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Protocol

import httpx

from sandbox.kashflow import routes
from sandbox.kashflow.memory import InMemory as KashflowInMemory
from sandbox.ordercloud.memory import InMemory as OrdercloudInMemory
from tests.simulation.conditions import Conditions, spread
from tests.simulation.rotation import Rotation
from tests.simulation.scheduler import Killed, Scheduler

FROZEN_SECONDS = 100
_LATE_SECONDS = 50


class Ground(Protocol):
    """Where the lines lie: both systems, time, and what goes wrong."""

    scheduler: Scheduler
    random: Random
    weather: Random
    conditions: Conditions
    kashflow: KashflowInMemory
    ordercloud: OrdercloudInMemory
    calls: Counter[str]
    others: dict[str, httpx.BaseTransport]
    rotation: Rotation

    def take(self, site: str) -> str | None: ...
    def plan(self, seconds: float, happen: Callable[[], object]) -> None: ...
    def announce(self) -> None: ...


class Lines(httpx.BaseTransport):
    """The bridge's lines."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def close(self) -> None:
        """Lines are shared by all containers."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        ground, system = self._ground, request.url.host
        site = f"{system} {self._label(system)(request.method, request.url.path)}"
        ground.scheduler.pause()
        ground.scheduler.sleep(0.02 + ground.random.random() / 5)
        self._travel()
        kind = ground.take(site)
        ground.calls[site] += 1
        answer = self._answer(request) if kind is None else self._play(kind, request)
        self._travel()
        return answer

    def _travel(self) -> None:
        usual = self._ground.conditions.outside_seconds
        if usual:
            self._ground.scheduler.sleep(spread(usual, self._ground.weather))

    def _label(self, system: str) -> Callable[[str, str], str]:
        if system in self._ground.others:
            return lambda method, path: f"{method} {path.rpartition('/')[0]}/{{id}}"
        return routes.label if system == "kashflow" else self._ground.ordercloud.market.routes.label

    def _answer(self, request: httpx.Request) -> httpx.Response:
        ground = self._ground
        if request.url.host in ground.others:
            return ground.others[request.url.host].handle_request(request)
        if request.url.host == "kashflow":
            return ground.kashflow.transport.handle_request(request)
        answer = ground.ordercloud.transport.handle_request(request)
        if ground.ordercloud.outbox:
            ground.announce()
        return answer

    def _play(self, kind: str, request: httpx.Request) -> httpx.Response:
        refusal = self._before(kind, request)
        return self._after(kind, request, self._answer(request)) if refusal is None else refusal

    def _before(self, kind: str, request: httpx.Request) -> httpx.Response | None:
        """What goes wrong before the system has done anything; an answer, if it does nothing at all."""
        ground = self._ground
        match kind:
            case "kill_before":
                raise Killed
            case "refused":
                raise httpx.ConnectError("refused", request=request)
            case "reset_before":
                raise _cut(request)
            case "late":
                ground.plan(_LATE_SECONDS, lambda: self._answer(request))
                raise _cut(request)
            case "expired":
                self._end_session(request)
            case "rotated":
                ground.rotation.change(str(request.url.host))
                self._end_session(request)
            case "frozen":
                ground.scheduler.sleep(FROZEN_SECONDS)
        return _REFUSALS[kind]() if kind in _REFUSALS else None

    def _after(self, kind: str, request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        """What goes wrong with the answer of a system that has done its part."""
        match kind:
            case "kill_after":
                raise Killed
            case "lost":
                raise _cut(request)
            case "slow":
                self._ground.scheduler.sleep(min(60, request.extensions["timeout"]["read"]))
                raise httpx.ReadTimeout("slow", request=request)
        return _WRONG_ANSWERS[kind]() if kind in _WRONG_ANSWERS else answer

    def _end_session(self, request: httpx.Request) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if request.url.host == "kashflow":
            self._ground.kashflow.kashflow.end_session(headers)
        elif request.url.host == "ordercloud":
            with suppress(KeyError):
                self._ground.ordercloud.market.identity.end(headers)


def _database_timeout() -> httpx.Response:
    return httpx.Response(400, json={"Error": "-2146232060", "Message": "Execution Timeout Expired."})


def _cut(request: httpx.Request) -> httpx.RemoteProtocolError:
    return httpx.RemoteProtocolError("cut", request=request)


_REFUSALS: dict[str, Callable[[], httpx.Response]] = {
    "paused": lambda: httpx.Response(429, headers={"Retry-After": "7"}),
    "paused_without_time": lambda: httpx.Response(429),
    "html_500": lambda: httpx.Response(500, text="<html>Server Error</html>"),
    "database_timeout": _database_timeout,
}
"""Answers without any effect."""
_WRONG_ANSWERS: dict[str, Callable[[], httpx.Response]] = {
    "html_502_done": lambda: httpx.Response(502, text="<html>Bad Gateway</html>"),
    "database_timeout_done": _database_timeout,
}
"""Answers that hide an effect."""
