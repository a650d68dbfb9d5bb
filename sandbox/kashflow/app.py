"""The imitated KashFlow as an ASGI app."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from fastapi import FastAPI, Request, Response

from sandbox.kashflow import routes
from sandbox.kashflow.server import KashFlow
from sandbox.kashflow.switches import SWITCHES
from sandbox.shared import messages
from sandbox.shared.calls import Calls
from sandbox.shared.control import answer_control, control_routes
from sandbox.shared.faults import Faults
from sandbox.shared.gate import Gate, Traffic
from sandbox.shared.keeping import Keeper
from sandbox.shared.switches import Switches


def utc_now() -> datetime:
    """The true time."""
    return datetime.now(UTC)


def create_app(
    clock: Callable[[], datetime] = utc_now,
    seed: int = 1,
    switches: Mapping[str, str] | None = None,
    keep: Path | None = None,
) -> FastAPI:
    """The app with a new company, or the one in the file `keep`; `switches` are the positions at the start.

    `app.state.kashflow` is the core, for a test that needs to see its insides.
    """
    positions = Switches(SWITCHES, switches)
    kashflow = KashFlow(clock, seed, positions)
    faults = Faults(Random(seed), own_kind="expire_session")
    calls = Calls()
    app = FastAPI(openapi_url=None)
    app.state.kashflow = kashflow
    keeper = Keeper(keep, shared=(clock, positions), snapshot=kashflow.snapshot, restore=kashflow.restore)
    app.include_router(control_routes(positions, faults, calls, kashflow.reset, keeper))

    @app.put("/_sandbox/account")
    async def change_account(request: Request) -> Response:
        answer = await answer_control(request, kashflow.change_account)
        keeper()
        return answer

    @app.api_route("/v2/{path:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    async def answer(request: Request) -> Response:
        given = kashflow.handle(await _plain(request))
        if request.method != "GET":
            keeper()
        await asyncio.sleep(given.delay_seconds)
        return Response(given.body, given.status, dict(given.headers))

    app.add_middleware(Gate, traffic=Traffic(faults, calls, clock, kashflow.end_session, routes.label))
    return app


async def _plain(request: Request) -> messages.Request:
    headers = {name.lower(): value for name, value in request.headers.items()}
    path: str = request.scope["path"]
    return messages.Request(request.method, path, request.url.query, headers, await request.body())
