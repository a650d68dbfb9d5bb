"""The imitated KashFlow as an ASGI app."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

from fastapi import FastAPI, Request, Response

from sandbox.kashflow import routes
from sandbox.kashflow.reading import day, whole
from sandbox.kashflow.refusals import Refusal
from sandbox.kashflow.server import KashFlow
from sandbox.kashflow.switches import SWITCHES
from sandbox.shared import messages
from sandbox.shared.calls import Calls
from sandbox.shared.control import control_routes, told
from sandbox.shared.faults import Faults
from sandbox.shared.gate import Gate
from sandbox.shared.switches import Switches


def utc_now() -> datetime:
    """The true time."""
    return datetime.now(UTC)


def create_app(
    clock: Callable[[], datetime] = utc_now,
    seed: int = 1,
    switches: Mapping[str, str] | None = None,
) -> FastAPI:
    """The app with a fresh company in it; `switches` are the positions at the start.

    `app.state.kashflow` is the core, for a test that wants to look behind the counter.
    """
    positions = Switches(SWITCHES, switches)
    kashflow = KashFlow(clock, seed, positions)
    faults = Faults(Random(seed), own_kind="expire_session")
    calls = Calls()
    app = FastAPI(openapi_url=None)
    app.state.kashflow = kashflow
    app.include_router(control_routes(positions, faults, calls, kashflow.reset))

    @app.put("/_sandbox/account")
    async def change_account(request: Request) -> Response:
        return await told(request, lambda document: change(kashflow, document))

    @app.api_route("/v2/{path:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    async def answer(request: Request) -> Response:
        given = kashflow.handle(await _plain(request))
        await asyncio.sleep(given.delay_seconds)
        return Response(given.body, given.status, dict(given.headers))

    app.add_middleware(
        Gate, faults=faults, calls=calls, clock=clock, end_session=kashflow.end_session, label=routes.label
    )
    return app


def change(kashflow: KashFlow, document: Any) -> Any:
    """What people do in KashFlow's own screens, for tests: lock a period, file a VAT return.

    `{"transaction_lock_date": "2026-07-01" or null, "vat_return": [invoice numbers],
    "bank_account_lock": {"55166": "2026-07-01"}}`. Raises ValueError.
    """
    known = {"transaction_lock_date", "vat_return", "bank_account_lock"}
    if not isinstance(document, dict) or not document.keys() <= known:
        raise ValueError(f"the account can be changed in: {', '.join(sorted(known))}")
    books = kashflow.books
    try:
        if "transaction_lock_date" in document:
            books.lock_date = day(document["transaction_lock_date"] or "", "transaction_lock_date")
        for number in document.get("vat_return", []):
            invoice = books.invoices.get(whole(number, "number"))
            if invoice is None:
                raise ValueError(f"there is no invoice {number}")
            books.invoices.put(number, {**invoice, "VATReturnId": 1})
        for account_id, until in document.get("bank_account_lock", {}).items():
            account = books.bank_account(int(account_id))
            if account is None:
                raise ValueError(f"there is no bank account {account_id}")
            lock = day(until or "", "bank_account_lock")
            account |= {"TransactionLockEnabled": lock is not None, "TransactionLockDate": lock}
    except Refusal as refusal:
        raise ValueError(refusal.message) from None
    return document


async def _plain(request: Request) -> messages.Request:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return messages.Request(
        request.method, request.url.path, request.url.query, headers, await request.body()
    )
