"""Faults by request: what goes wrong between a client and the imitated system, and how often.

A fault is posted as a JSON object: `kind` (required), `method` and `path` (fnmatch patterns, default `*`),
`times` (how many matching calls it hits, default 1, null for all), `skip` (matching calls let through first),
`rate` (share of the remaining ones it hits, 0 to 1), and what the kind needs:

| kind         | needs                            | what the client sees                       | effect |
| ------------ | -------------------------------- | ------------------------------------------ | ------ |
| status       | status (500), body, headers      | that answer; body is JSON or text          | none   |
| html         | status (503)                     | an HTML page                               | none   |
| slow         | seconds (25)                     | the true answer, late                      | done   |
| reset_before |                                  | the connection cut                         | none   |
| reset_after  |                                  | the connection cut                         | done   |
| late_commit  | seconds (20)                     | the connection cut                         | later  |
| drop_field   | field                            | the true answer without that JSON property | done   |
| content_type | content_type                     | the true answer, its content type changed  | done   |
| meanwhile    | others (method, path, body)      | the true answer                            | done   |

and the server's own kind, `expire_session` (KashFlow) or `expire_token` (OrderCloud): the session or token of
the call is dead before the call is looked at. After a call with `meanwhile`, the `others` are carried out as
calls of the same session, so that the next page of a list comes from other data.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from random import Random
from threading import Lock
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from sandbox.shared.exact_json import read_json, write_json
from sandbox.shared.messages import Answer, html_answer, json_answer

KINDS = (
    "status",
    "html",
    "slow",
    "reset_before",
    "reset_after",
    "late_commit",
    "drop_field",
    "content_type",
    "meanwhile",
)
_SECONDS = {"slow": Decimal(25), "late_commit": Decimal(20)}
_STATUS = {"html": 503}


class UnknownFaultError(ValueError):
    """The posted fault cannot be read; the text says what is allowed."""


class Other(BaseModel, extra="forbid"):
    """A call that is carried out after the one that is hit."""

    method: str
    path: str
    body: Any = None

    @property
    def content(self) -> bytes:
        return b"" if self.body is None else write_json(self.body)


class Fault(BaseModel, extra="forbid"):
    """One fault as posted; `skip` and `times` count down as calls match."""

    kind: str
    method: str = "*"
    path: str = "*"
    times: int | None = 1
    skip: int = 0
    rate: Decimal = Decimal(1)
    status: int = Field(default_factory=lambda data: _STATUS.get(data.get("kind"), 500))
    body: Any = None
    headers: dict[str, str] = {}
    seconds: Decimal = Field(default_factory=lambda data: _SECONDS.get(data.get("kind"), Decimal(0)))
    field: str = ""
    content_type: str = "text/plain"
    others: list[Other] = []

    def matches(self, method: str, path: str) -> bool:
        """Is this call one of those the fault is meant for, and is the fault not used up?"""
        meant = fnmatchcase(method, self.method.upper()) and fnmatchcase(path, self.path)
        return meant and self.times != 0

    @property
    def acts(self) -> bool:
        """Does the call reach the system now?"""
        return self.kind not in {"status", "html", "reset_before", "late_commit"}

    @property
    def cuts(self) -> bool:
        """Does the client see a cut connection instead of an answer?"""
        return self.kind in {"reset_before", "reset_after", "late_commit"}

    @property
    def delay_seconds(self) -> float:
        """How long the answer is held back."""
        return float(self.seconds) if self.kind == "slow" else 0.0

    def substitute(self) -> Answer:
        """The answer given in place of the true one (kinds `status` and `html`)."""
        if self.kind == "html":
            return html_answer(self.status, "Service Unavailable")
        if isinstance(self.body, str):
            return Answer(self.status, self.body.encode(), {"content-type": "text/plain", **self.headers})
        if self.body is None:
            return Answer(self.status, b"", self.headers)
        return json_answer(self.status, self.body, self.headers)

    def spoil(self, answer: Answer) -> Answer:
        """The true answer with the damage of `drop_field` or `content_type` done to it."""
        if self.kind == "drop_field" and answer.body:
            body = write_json(_without(read_json(answer.body), self.field))
            return Answer(answer.status, body, answer.headers, answer.delay_seconds)
        if self.kind == "content_type":
            return Answer(answer.status, answer.body, {**answer.headers, "content-type": self.content_type})
        return answer


class Faults:
    """The faults that wait for their calls, oldest first."""

    def __init__(self, random: Random, own_kind: str) -> None:
        self.kinds = (*KINDS, own_kind)
        self._random = random
        self._waiting: list[Fault] = []
        self._late: list[tuple[datetime, Any]] = []
        self._lock = Lock()

    def add(self, document: Any) -> dict[str, Any]:
        """Read and keep one posted fault; gives it back complete. Raises UnknownFaultError."""
        fault = self._read(document)
        with self._lock:
            self._waiting.append(fault)
        return fault.model_dump()

    def waiting(self) -> list[dict[str, Any]]:
        """Those not used up."""
        with self._lock:
            return [fault.model_dump() for fault in self._waiting if fault.times != 0]

    def clear(self) -> None:
        """No more faults; late commits under way still land."""
        with self._lock:
            self._waiting.clear()

    def reset(self) -> None:
        """No more faults and no late commits."""
        with self._lock:
            self._waiting.clear()
            self._late.clear()

    def put_off(self, fault: Fault, now: datetime, call: Any) -> None:
        """Keep a call whose effect is to land late."""
        with self._lock:
            self._late.append((now + timedelta(seconds=float(fault.seconds)), call))

    def due(self, now: datetime) -> list[Any]:
        """Hand over the late calls whose time has come."""
        if not self._late:
            return []
        with self._lock:
            landing = [late for late in self._late if late[0] <= now]
            self._late = [late for late in self._late if late[0] > now]
        return [call for _, call in landing]

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that hits this call, if any; counts down."""
        with self._lock:
            for fault in self._waiting:
                if fault.matches(method, path) and self._hits(fault):
                    return fault
            return None

    def _hits(self, fault: Fault) -> bool:
        if fault.skip > 0:
            fault.skip -= 1
            return False
        if fault.rate < 1 and Decimal(self._random.random()) >= fault.rate:
            return False
        if fault.times is not None:
            fault.times -= 1
        return True

    def _read(self, document: Any) -> Fault:
        try:
            fault = Fault.model_validate(document)
        except ValidationError as refusal:
            raise UnknownFaultError(f"a fault is an object with: {', '.join(Fault.model_fields)}; {refusal}") from None
        if fault.kind not in self.kinds:
            raise UnknownFaultError(f"no fault kind {fault.kind!r}; there are: {', '.join(self.kinds)}")
        return fault


def _without(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _without(item, name) for key, item in value.items() if key != name}
    if isinstance(value, list):
        return [_without(item, name) for item in value]
    return value
