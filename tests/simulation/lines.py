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
from tests.simulation.scheduler import Killed, Scheduler

FROZEN_SECONDS = 100
_LATE_SECONDS = 50


class Ground(Protocol):
    """Where the lines lie: both systems, time, and what goes wrong."""

    scheduler: Scheduler
    random: Random
    kashflow: KashflowInMemory
    ordercloud: OrdercloudInMemory
    calls: Counter[str]
    others: dict[str, httpx.BaseTransport]

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
        kind = ground.take(site)
        ground.calls[site] += 1
        return self._answer(request) if kind is None else self._play(kind, request)

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

    def _play(self, kind: str, request: httpx.Request) -> httpx.Response:  # noqa: PLR0912  one case a fault
        ground = self._ground
        cut = httpx.RemoteProtocolError("cut", request=request)
        match kind:
            case "kill_before":
                raise Killed
            case "refused":
                raise httpx.ConnectError("refused", request=request)
            case "reset_before":
                raise cut
            case "late":
                ground.plan(_LATE_SECONDS, lambda: self._answer(request))
                raise cut
            case "paused":
                return httpx.Response(429, headers={"Retry-After": "7"})
            case "paused_without_time":
                return httpx.Response(429)
            case "html_500":
                return httpx.Response(500, text="<html>Server Error</html>")
            case "database_timeout":
                return _database_timeout()
            case "expired":
                self._end_session(request)
            case "frozen":
                ground.scheduler.sleep(FROZEN_SECONDS)
            case _:
                pass
        answer = self._answer(request)
        match kind:
            case "kill_after":
                raise Killed
            case "lost":
                raise cut
            case "slow":
                ground.scheduler.sleep(min(60, request.extensions["timeout"]["read"]))
                raise httpx.ReadTimeout("slow", request=request)
            case "html_502_done":
                return httpx.Response(502, text="<html>Bad Gateway</html>")
            case "database_timeout_done":
                return _database_timeout()
            case _:
                return answer

    def _end_session(self, request: httpx.Request) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if request.url.host == "kashflow":
            self._ground.kashflow.kashflow.end_session(headers)
        elif request.url.host == "ordercloud":
            with suppress(KeyError):
                self._ground.ordercloud.market.identity.end(headers)


def _database_timeout() -> httpx.Response:
    return httpx.Response(400, json={"Error": "-2146232060", "Message": "Execution Timeout Expired."})
