"""Calling a sandbox core without any network: an httpx transport for simulations and fast tests."""

from collections.abc import Callable

import httpx

from sandbox.shared.faults import Fault
from sandbox.shared.gate import Traffic
from sandbox.shared.messages import Answer, Request


class MemoryTransport(httpx.BaseTransport):
    """Plays the same faults as the gate; `sleep(seconds)` is how a delay passes, so the clock may be virtual.

    A cut connection raises `httpx.RemoteProtocolError`; an answer later than the read time-out of the call
    raises `httpx.ReadTimeout`.
    """

    def __init__(self, handle: Callable[[Request], Answer], traffic: Traffic, sleep: Callable[[float], None]) -> None:
        self._handle = handle
        self._traffic = traffic
        self._sleep = sleep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One call, as httpx makes it."""
        self.land_late_commits()
        call = _plain(request)
        self._traffic.calls.count(self._traffic.label(call.method, call.path))
        fault = self._traffic.faults.take(call.method, call.path)
        answer = self._handle(call) if fault is None else self._play(fault, call, request)
        self._wait(answer.delay_seconds, request)
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body)

    def land_late_commits(self) -> None:
        """Let those effects land whose time has come."""
        for call in self._traffic.faults.due(self._traffic.clock()):
            self._handle(call)

    def _play(self, fault: Fault, call: Request, request: httpx.Request) -> Answer:
        if fault.kind.startswith("expire_"):
            self._traffic.end_session(call.headers)
        if fault.kind == "late_commit":
            self._traffic.faults.put_off(fault, self._traffic.clock(), call)
        answer = fault.spoil(self._handle(call)) if fault.acts else None
        for other in fault.others:
            self._handle(Request(other.method, other.path, headers=call.headers, body=other.content))
        if fault.cuts:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        self._wait(fault.delay_seconds, request)
        return answer or fault.substitute()

    def _wait(self, seconds: float, request: httpx.Request) -> None:
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and seconds > patience:
            self._sleep(patience)
            raise httpx.ReadTimeout("The read operation timed out", request=request)
        if seconds:
            self._sleep(seconds)


def _plain(request: httpx.Request) -> Request:
    headers = {name.decode().lower(): value.decode() for name, value in request.headers.raw}
    query = request.url.query.decode()
    return Request(request.method, request.url.path, query, headers, request.read())
