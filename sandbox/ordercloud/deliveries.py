"""Sending what the platform announces, from a thread of its own, as unreliably as asked for."""

import asyncio
import base64
import hashlib
import hmac
import threading
from collections.abc import Iterable
from random import Random
from typing import Any
from uuid import UUID

import httpx

from sandbox.ordercloud.messages import Outgoing
from sandbox.shared.exact_json import write_json
from sandbox.shared.switches import Switches

_AT_ONCE = 3
_REORDER_SECONDS = 2.0


HookAnswer = tuple[int | None, bytes]
"""What came back for a message: the status (None where nothing did) and the body."""


class Deliveries:
    """The queue of outgoing messages and the list of what became of them."""

    def __init__(self, switches: Switches, rng: Random) -> None:
        self._switches = switches
        self._rng = rng
        self._lock = threading.Lock()
        self._done: list[dict[str, Any]] = []
        self._pending = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def send(self, messages: Iterable[Outgoing]) -> None:
        """Queue messages; they leave by themselves. Chance is drawn here, in the order of the calls."""
        for message in messages:
            if not message.url:
                continue
            if self._happens("drop_percent"):
                self._record(message, 0, "dropped")
                continue
            for copy in range(2 if self._happens("duplicate_percent") else 1):
                self._queue(self._again(message) if copy else message)

    def report(self) -> dict[str, Any]:
        """`{"pending": n, "deliveries": [{channel, route, url, order_id, attempt, status}]}`."""
        with self._lock:
            return {"pending": self._pending, "deliveries": [dict(each) for each in self._done]}

    def clear(self) -> None:
        """Forget what has been sent."""
        with self._lock:
            self._done.clear()

    def close(self) -> None:
        """Stop sending; what is queued is lost."""
        if self._loop and self._thread:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)
            self._loop, self._thread = None, None

    async def ask(self, message: Outgoing) -> HookAnswer:
        """Post a message and wait for its answer."""
        timeout = float(self._switches["delivery_timeout_seconds"])
        async with httpx.AsyncClient(timeout=timeout) as client:
            return await self._post(client, message, 1)

    def _queue(self, message: Outgoing) -> None:
        wait = float(self._switches["delay_seconds"])
        if self._switches["reorder"] == "on":
            wait += self._rng.random() * _REORDER_SECONDS
        with self._lock:
            self._pending += 1
        asyncio.run_coroutine_threadsafe(self._deliver(message, wait), self._running_loop())

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._run, args=(self._loop,), daemon=True)
            self._thread.start()
        return self._loop

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._client = httpx.AsyncClient()
        loop.run_forever()
        unfinished = asyncio.all_tasks(loop)
        for task in unfinished:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*unfinished, return_exceptions=True))
        loop.run_until_complete(self._client.aclose())
        loop.close()

    async def _deliver(self, message: Outgoing, wait: float) -> None:
        try:
            await asyncio.sleep(wait)
            for attempt in range(1, int(self._switches["retries"]) + 2):
                if attempt > 1:
                    message = self._again(message)
                    await asyncio.sleep(float(self._switches["retry_wait_seconds"]))
                async with self._slots:
                    status, _ = await self._post(self._client, message, attempt)
                if status is not None and 200 <= status < 300:
                    return
        finally:
            with self._lock:
                self._pending -= 1

    async def _post(self, client: httpx.AsyncClient, message: Outgoing, attempt: int) -> HookAnswer:
        body, headers = packed(message, self._switches)
        timeout = float(self._switches["delivery_timeout_seconds"])
        try:
            answer = await client.post(message.url, content=body, headers=headers, timeout=timeout)
        except httpx.TimeoutException:
            self._record(message, attempt, "timeout")
            return None, b""
        except (httpx.HTTPError, httpx.InvalidURL):
            self._record(message, attempt, "unreachable")
            return None, b""
        self._record(message, attempt, answer.status_code)
        return answer.status_code, answer.content

    def _record(self, message: Outgoing, attempt: int, status: int | str) -> None:
        entry = {
            "channel": message.channel,
            "route": message.label,
            "url": message.url,
            "order_id": message.order_id,
            "attempt": attempt,
            "status": status,
        }
        with self._lock:
            self._done.append(entry)

    def _again(self, message: Outgoing) -> Outgoing:
        """The message for a duplicate or retry: under a new `LogID` if the switch says so."""
        if "LogID" not in message.document or self._switches["resend_log_id"] == "same":
            return message
        document = {**message.document, "LogID": new_log_id(self._rng)}
        return Outgoing(
            message.channel,
            message.url,
            document,
            message.key,
            message.label,
            message.order_id,
            message.headers,
        )

    def _happens(self, switch: str) -> bool:
        return self._rng.random() * 100 < int(self._switches[switch])


def packed(message: Outgoing, switches: Switches) -> tuple[bytes, dict[str, str]]:
    """The exact bytes and the headers of a message, signed as the switches say."""
    body = write_json(message.document)
    headers = {"Content-Type": "application/json; charset=utf-8", **message.headers}
    position = switches["checkout_signature" if message.channel == "checkout" else "signature"]
    if message.key and position != "missing":
        headers["X-oc-hash"] = signature(message.key if position == "right" else message.key + "?", body)
    return body, headers


def signature(key: str, body: bytes) -> str:
    """`X-oc-hash`: standard base64 of HMAC-SHA256 over the exact bytes (OC-54)."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def new_log_id(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))
