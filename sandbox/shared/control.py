"""The control routes under `/_sandbox/`, which are not part of the imitated system."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from sandbox.shared.calls import Calls
from sandbox.shared.exact_json import read_json, write_json
from sandbox.shared.faults import Faults
from sandbox.shared.switches import Switches


def control_routes(
    switches: Switches, faults: Faults, calls: Calls, reset: Callable[[], None], keep: Callable[[], None]
) -> APIRouter:
    """Routes for switches, faults, call counts and reset.

    `reset` brings the server's own data back to the seed; switches (to the start positions), faults and
    counts are reset here. `keep` is called after what changes the server's data or its switches.
    """
    router = APIRouter(prefix="/_sandbox")

    @router.get("/switches")
    async def show_switches() -> Response:
        return control_answer(200, switches.positions())

    @router.put("/switches")
    async def turn_switches(request: Request) -> Response:
        answer = await answer_control(request, switches.put)
        keep()
        return answer

    @router.get("/faults")
    async def show_faults() -> Response:
        return control_answer(200, faults.waiting())

    @router.post("/faults")
    async def add_fault(request: Request) -> Response:
        return await answer_control(request, faults.add)

    @router.delete("/faults")
    async def clear_faults() -> Response:
        faults.clear()
        return control_answer(200, [])

    @router.get("/calls")
    async def show_calls() -> Response:
        return control_answer(200, calls.report())

    @router.delete("/calls")
    async def clear_calls() -> Response:
        calls.clear()
        return control_answer(200, calls.report())

    @router.post("/reset")
    async def reset_everything() -> Response:
        switches.reset()
        faults.reset()
        calls.clear()
        reset()
        keep()
        return control_answer(200, {})

    return router


async def answer_control(request: Request, obey: Callable[[Any], Any]) -> Response:
    """Answer a control call: 200 with what `obey` returns for its JSON document, or 400 with its ValueError."""
    try:
        return control_answer(200, obey(read_json(await request.body())))
    except ValueError as refusal:
        return control_answer(400, {"Error": "BadRequest", "Message": str(refusal)})


def control_answer(status: int, value: Any) -> Response:
    """A JSON answer of the control surface."""
    return Response(write_json(value), status, media_type="application/json")
