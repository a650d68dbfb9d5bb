"""The imitated system as one object: a request in, an answer out. No web framework, no network."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from random import Random
from threading import RLock
from typing import Any
from urllib.parse import parse_qsl, quote

from sandbox.kashflow import routes
from sandbox.kashflow.books import Books
from sandbox.kashflow.calls import Call, Reply
from sandbox.kashflow.reading import Shape, many, text, whole
from sandbox.kashflow.refusals import RefusalError, bad_request
from sandbox.kashflow.screens import change_account
from sandbox.kashflow.sessions import Sessions
from sandbox.kashflow.wording import worded
from sandbox.shared.exact_json import read_json
from sandbox.shared.messages import Answer, Request, html_answer, json_answer
from sandbox.shared.switches import Switches

_CREDENTIALS = Shape(UserName=text, Password=text)
_CHARACTERS = Shape(TemporaryToken=text, MemorableWordList=many(Shape(Position=whole, Value=text)))
_LOGIN = "/sessiontoken"


class KashFlow:
    """One company's KashFlow. Calls may come from several threads; each is done whole before the next."""

    def __init__(self, clock: Callable[[], datetime], seed: int, switches: Switches) -> None:
        self.switches = switches
        self._clock = clock
        self._seed = seed
        self._token_random = Random(f"tokens {seed}")
        self._lock = RLock()
        self.reset()

    def reset(self) -> None:
        """Back to the seed: empty sales ledger, no sessions. No token is given a second time."""
        with self._lock:
            self.books = Books(self._clock, Random(self._seed), self.switches)
            self.sessions = Sessions(self._clock, self._token_random, self.switches)

    def snapshot(self) -> tuple[Any, ...]:
        """All that this company's KashFlow remembers, and the positions of its switches."""
        return self.switches.positions(), self.books, self.sessions, self._token_random

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        """Restore a snapshot."""
        with self._lock:
            positions, self.books, self.sessions, self._token_random = snapshot
            self.switches.put(positions)

    def end_session(self, headers: Mapping[str, str]) -> None:
        """Kill the session that these request headers carry."""
        with self._lock:
            self.sessions.end(headers.get("authorization", ""))

    def change_account(self, document: Any) -> Any:
        """Do what people do in KashFlow's own screens (see `screens.py`). Raises ValueError."""
        with self._lock:
            return change_account(self.books, document)

    def handle(self, request: Request) -> Answer:
        """Answer one request below `/v2`."""
        with self._lock:
            try:
                return self._worded(self._reply(request), request)
            except RefusalError as refusal:
                return self._refused(refusal)

    def _reply(self, request: Request) -> Reply:
        path = request.path.removeprefix("/v2").rstrip("/")
        self._refuse_closed_access()
        match = routes.find(path)
        authorization = request.headers.get("authorization", "")
        if match is not None and match.template.startswith(_LOGIN):
            return self._login(request.method, match.parts.get("token"), request.body, authorization)
        self.sessions.check(authorization)
        if match is None:
            raise RefusalError(404, "The requested resource does not exist.")
        handler = match.handlers.get(request.method)
        if handler is None:
            raise RefusalError(405, "The method is not allowed.")
        root = f"http://{request.headers.get('host', '127.0.0.1')}"
        query = {name.lower(): value for name, value in parse_qsl(request.query)}
        return handler(self.books, Call(path, match.parts, query, _body(request.body), root, authorization))

    def _login(self, method: str, token: str | None, body: bytes, authorization: str) -> Reply:
        if method == "DELETE":
            return self._logout(token, authorization)
        if token is not None or method not in {"POST", "PUT"}:
            raise RefusalError(405, "The method is not allowed.")
        if method == "POST":
            given = _CREDENTIALS.read(_body(body), "the credentials")
            status, value = self.sessions.first_step(given.get("UserName"), given.get("Password"))
            return Reply(value, status)
        answers = _CHARACTERS.read(_body(body), "the characters")
        characters = answers.get("MemorableWordList") or []
        return Reply(self.sessions.second_step(answers.get("TemporaryToken"), characters))

    def _logout(self, token: str | None, authorization: str) -> Reply:
        left_out = {"path_form_only": False, "header_form_only": True}.get(self.switches["logout"])
        if left_out is not None and left_out == (token is not None):
            raise RefusalError(404, "The requested resource does not exist.")
        self.sessions.end(authorization if token is None else f"KfToken {token}")
        return Reply({})

    def _refuse_closed_access(self) -> None:
        reasons = {
            "off": "REST API access is switched off.",
            "address_blocked": "Your IP address is not allowed.",
        }
        reason = reasons.get(self.switches["rest_access"])
        if reason is not None:
            raise RefusalError(int(self.switches["rest_access_answer"]), reason)

    def _worded(self, reply: Reply, request: Request) -> Answer:
        if reply.status == 204:
            return Answer(204)
        if reply.status >= 500:
            return replace(html_answer(reply.status, str(reply.value)), delay_seconds=reply.delay_seconds)
        headers = {}
        if reply.location is not None and reply.status == 201:
            host = request.headers.get("host", "127.0.0.1")
            root = f"http://{host}" if self.switches["location_header"] == "absolute" else ""
            headers["location"] = f"{root}/v2{quote(reply.location)}"
        return json_answer(reply.status, worded(reply.value, self.switches), headers)

    def _refused(self, refusal: RefusalError) -> Answer:
        form = self.switches["error_body"] if refusal.status in {404, 405} else "json"
        if form == "html":
            return html_answer(refusal.status, refusal.message)
        if form == "empty":
            return Answer(refusal.status)
        return json_answer(refusal.status, {"Error": refusal.code, "Message": refusal.message})


def _body(content: bytes) -> Any:
    if not content:
        return None
    try:
        return read_json(content)
    except ValueError:
        raise bad_request("the body is not JSON") from None
