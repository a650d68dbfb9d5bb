"""The gate in front of an imitated system: counts calls, plays faults, lands late commits."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.shared.calls import Calls
from sandbox.shared.faults import Fault, Faults
from sandbox.shared.messages import Answer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Clock = Callable[[], datetime]
EndSession = Callable[[Mapping[str, str]], None]
Label = Callable[[str, str], str]


class ConnectionCutError(ConnectionResetError):
    """The call ends without any answer (raised where there is no socket to cut)."""


def plain_label(method: str, path: str) -> str:
    """The route as called; a server with ids in its paths gives its own label to the gate."""
    return f"{method} {path}"


@dataclass(frozen=True)
class Traffic:
    """How the calls to one imitated system are counted and disturbed.

    `end_session(headers)` kills the session or token that those request headers carry (lower-case names).
    """

    faults: Faults
    calls: Calls
    clock: Clock
    end_session: EndSession
    label: Label = plain_label


class Gate:
    """ASGI middleware, to be the outermost one; calls under `/_sandbox/` pass untouched.

    A late commit lands at the first call after its time, or by itself once its seconds have passed.
    """

    def __init__(self, app: App, traffic: Traffic) -> None:
        self._app = app
        self._traffic = traffic
        self._alarms: set[asyncio.Future[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox/"):
            await self._app(scope, receive, send)
            return
        await self._land_late_commits()
        self._traffic.calls.count(self._traffic.label(scope["method"], scope["path"]))
        fault = self._traffic.faults.take(scope["method"], scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
        else:
            await self._play(fault, scope, receive, send)

    async def _play(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _whole_body(receive)
        if fault.kind.startswith("expire_"):
            self._traffic.end_session({name.decode(): value.decode() for name, value in scope["headers"]})
        if fault.kind == "late_commit":
            self._traffic.faults.put_off(fault, self._traffic.clock(), (scope, body))
            alarm = asyncio.ensure_future(self._land_after(float(fault.seconds)))
            self._alarms.add(alarm)
            alarm.add_done_callback(self._alarms.discard)
        answer = fault.spoil(await self._true_answer(scope, body)) if fault.acts else None
        for other in fault.others:
            called = {"method": other.method, "path": other.path, "raw_path": other.path.encode(), "query_string": b""}
            await self._true_answer({**scope, **called}, other.content)
        if fault.cuts:
            await cut_connection(scope)
            return
        await asyncio.sleep(fault.delay_seconds)
        await _send(answer or fault.substitute(), send)

    async def _land_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._land_late_commits()

    async def _land_late_commits(self) -> None:
        for scope, body in self._traffic.faults.due(self._traffic.clock()):
            await self._true_answer(scope, body)

    async def _true_answer(self, scope: Scope, body: bytes) -> Answer:
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        await self._app(dict(scope), receive, send)
        start = messages[0]
        headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], b"".join(message.get("body", b"") for message in messages[1:]), headers)


async def cut_connection(scope: Scope) -> None:
    """Cut the TCP connection of this call at once, without a byte of answer."""
    cut = scope.get("state", {}).get("cut")
    if cut is None:
        raise ConnectionCutError("the sandbox cut the connection")
    cut()
    await asyncio.sleep(0)


async def _whole_body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(answer: Answer, send: Send) -> None:
    headers = [(name.encode(), value.encode()) for name, value in answer.headers.items() if name != "content-length"]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
