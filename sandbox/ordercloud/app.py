"""The imitated OrderCloud behind HTTP."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from fastapi import FastAPI, Response
from fastapi import Request as HttpRequest

from sandbox.ordercloud.deliveries import Deliveries
from sandbox.ordercloud.errors import ApiError
from sandbox.ordercloud.marketplace import Marketplace
from sandbox.ordercloud.routing import answer_to
from sandbox.ordercloud.switches import SWITCHES
from sandbox.shared.calls import Calls
from sandbox.shared.control import answer_control, control_answer, control_routes
from sandbox.shared.faults import Faults
from sandbox.shared.gate import Gate, Traffic
from sandbox.shared.keeping import Keeper
from sandbox.shared.messages import Answer, Request, json_answer
from sandbox.shared.switches import Switches

VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def wall_clock() -> datetime:
    return datetime.now(UTC)


class Server:
    """One marketplace with its switches, faults and deliveries. A change is saved before it is announced."""

    def __init__(
        self, clock: Callable[[], datetime], seed: int, at_start: Mapping[str, str], keep: Path | None
    ) -> None:
        self._clock = clock
        self._seed = seed
        self.switches = Switches(SWITCHES, at_start)
        self.faults = Faults(Random(seed), own_kind="expire_token")
        self.calls = Calls()
        self.deliveries = Deliveries(self.switches, Random(seed))
        self.reset()
        self.keep = Keeper(keep, shared=(), snapshot=self._snapshot, restore=self._restore)

    def reset(self) -> None:
        """Back to the seed, with nothing left to send."""
        self.deliveries.close()
        self.deliveries.clear()
        self.market = Marketplace(self._clock, Random(self._seed), self.switches)

    def _snapshot(self) -> tuple[Any, ...]:
        return self.switches.positions(), self.market.snapshot()

    def _restore(self, snapshot: tuple[Any, ...]) -> None:
        positions, market = snapshot
        self.switches.put(positions)
        self.market.restore(market)

    def end_token(self, headers: Mapping[str, str]) -> None:
        """Revoke the token of a request."""
        self.market.identity.end(headers)

    def label(self, method: str, path: str) -> str:
        """A call by the template of its route."""
        return self.market.routes.label(method, path)

    def token(self, request: Request) -> Answer:
        """The token endpoint."""
        try:
            answer = json_answer(200, self.market.token(request.body))
        except ApiError as refusal:
            return json_answer(refusal.status, refusal.body)
        self.keep()
        return answer

    async def serve(self, request: Request) -> Answer:
        """One call of the API, its hooks and integration events included."""
        steps = self.market.process(request)
        try:
            message = next(steps)
            while True:
                message = steps.send(await self.deliveries.ask(message))
        except StopIteration as end:
            reply, announcements = end.value
            if request.method != "GET":
                self.keep()
            self.deliveries.send(announcements)
            return answer_to(reply)
        except ApiError as refusal:
            return json_answer(refusal.status, refusal.body)


def create_app(
    clock: Callable[[], datetime] = wall_clock,
    seed: int = 1,
    switches: Mapping[str, str] | None = None,
    keep: Path | None = None,
) -> FastAPI:
    """The ASGI app; all state lives in it, and in the file `keep` if one is given."""
    server = Server(clock, seed, switches or {}, keep)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        server.deliveries.close()

    app = FastAPI(openapi_url=None, lifespan=lifespan)
    app.include_router(control_routes(server.switches, server.faults, server.calls, server.reset, server.keep))

    @app.get("/_sandbox/deliveries")
    async def show_deliveries() -> Response:
        return control_answer(200, server.deliveries.report())

    @app.delete("/_sandbox/deliveries")
    async def clear_deliveries() -> Response:
        server.deliveries.clear()
        return control_answer(200, server.deliveries.report())

    @app.patch("/_sandbox/orders/{order_id}")
    async def alter_order(order_id: str, request: HttpRequest) -> Response:
        altered = await answer_control(request, lambda wanted: server.market.alter_order(order_id, wanted))
        server.keep()
        return altered

    @app.post("/oauth/token")
    async def token(request: HttpRequest) -> Response:
        return _http(server.token(await _plain(request)))

    @app.api_route("/v1/{path:path}", methods=VERBS)
    async def call(request: HttpRequest) -> Response:
        return _http(await server.serve(await _plain(request)))

    app.add_middleware(Gate, traffic=Traffic(server.faults, server.calls, clock, server.end_token, server.label))
    return app


async def _plain(request: HttpRequest) -> Request:
    return Request(
        request.method,
        request.url.path,
        request.url.query,
        dict(request.headers),
        await request.body(),
    )


def _http(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers))
