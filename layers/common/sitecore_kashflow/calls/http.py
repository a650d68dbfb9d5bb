"""One way to call another system: explicit timeouts, exact decimals, and answers turned into our errors.

Nothing is retried here; queues and the workflow retry.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import simplejson

from ..canonical.clock import Clock
from ..errors import OutcomeUnknownError, RateLimitedError, RefusedError, RetryableError
from .refusals import code_of, scrubbed

TIMEOUT = httpx.Timeout(connect=10, read=60, write=30, pool=10)  # KF-108
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
Query = Mapping[str, str | int | Sequence[str]]
_JSON_IN = simplejson.JSONDecoder(parse_float=Decimal)
_JSON_OUT = simplejson.JSONEncoder(use_decimal=True, ensure_ascii=False)
_DEFAULT_PAUSE_SECONDS = 5.0  # KF-107, OC-22
_LONGEST_PAUSE_SECONDS = 3600.0  # KF-107, OC-22


@dataclass(frozen=True)
class Answer:
    """A 2xx answer. `body` is parsed JSON with decimals, or None if there was none."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Ignore cookies: no call depends on what an earlier answer has set."""


class _Client(httpx.Client):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._cookies = _NoCookies()


def http_client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """The connection pool of a container. Idle connections close early: a Lambda must not resume on a stale one."""
    limits = httpx.Limits(max_connections=4, keepalive_expiry=4)
    return _Client(timeout=TIMEOUT, limits=limits, transport=transport, follow_redirects=False)


def json_body(value: Any) -> bytes:
    """A body as it is sent: exact decimals, UTF-8."""
    return str(_JSON_OUT.encode(value)).encode()


@dataclass(frozen=True)
class Call:
    """One call. `name` replaces a path that errors must not show; `timeout_seconds` replaces `TIMEOUT`."""

    method: str
    path: str
    params: Query | None = None
    json: Any = None
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    timeout_seconds: float | None = None

    @property
    def writes(self) -> bool:
        """Whether it may change something in the other system. A form only asks for a token."""
        return self.method in ("POST", "PUT", "PATCH", "DELETE") and self.form is None

    @property
    def shown(self) -> str:
        """The call as errors show it."""
        return self.name or f"{self.method} {self.path}"


@dataclass(frozen=True)
class Dialect:
    """How a system reports errors. `code_of` and `message_of` read its error code and its message from a parsed body.

    `judge` may turn an error answer (status, code) into an error of ours before the general rules apply.
    """

    system: str
    code_of: Callable[[Any], str]
    message_of: Callable[[Any], str] = lambda _: ""
    judge: Callable[[int, str, Call], Exception | None] = lambda *_: None


class Caller:
    """Calls one system."""

    def __init__(self, dialect: Dialect, base_url: str, client: httpx.Client, clock: Clock) -> None:
        self.system = dialect.system
        self._dialect = dialect
        self._base_url = base_url.rstrip("/")
        self._client = client
        self._clock = clock

    def call(self, call: Call) -> Answer:
        """Send one call and return its 2xx answer.

        Raises `RateLimitedError`, `RetryableError`, `OutcomeUnknownError` (writes only) or `RefusedError`.
        """
        content = json_body(call.json) if call.json is not None else None
        sent = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if content else {})
        try:
            response = self._client.request(
                call.method,
                f"{self._base_url}{call.path}",
                params=call.params,
                content=content,
                data=call.form,
                headers=sent | dict(call.headers),
                timeout=call.timeout_seconds if call.timeout_seconds is not None else httpx.USE_CLIENT_DEFAULT,
            )
        except _NEVER_SENT as error:
            raise RetryableError("NOT_REACHABLE", f"{self.system} was not reached: {type(error).__name__}.") from None
        except httpx.HTTPError as error:
            raise self._lost(call, type(error).__name__) from None
        if response.is_success:
            return Answer(response.status_code, self._parsed(response, call), response.headers)
        raise self._error(response, call)

    def _parsed(self, response: httpx.Response, call: Call) -> Any:
        if not response.content.strip():
            return None
        try:
            return _JSON_IN.decode(response.content.decode("utf-8-sig"))
        except ValueError:
            raise self._lost(call, "an answer that is not JSON") from None

    def _lost(self, call: Call, why: str) -> Exception:
        if call.writes:
            return OutcomeUnknownError("OUTCOME_UNKNOWN", f"{self.system}: no sound answer to {call.shown} ({why}).")
        return RetryableError("NO_ANSWER", f"{self.system}: no sound answer to {call.shown} ({why}).")

    def _error(self, response: httpx.Response, call: Call) -> Exception:
        status = response.status_code
        sent = (call.json, call.form, call.headers)
        code = code_of(self._told(self._dialect.code_of, response), sent)
        judged = self._dialect.judge(status, code, call)
        if judged is not None:
            return judged
        pause = self._pause(response)
        if status == 429 or (status == 503 and pause is not None):
            return RateLimitedError(self.system, _DEFAULT_PAUSE_SECONDS if pause is None else pause)
        if status >= 500 or status == 408:
            return self._lost(call, f"status {status}")
        why = scrubbed(self._told(self._dialect.message_of, response), sent)
        return RefusedError(self.system, status, code, call.shown, why)

    def _told(self, read: Callable[[Any], str], response: httpx.Response) -> str:
        """What the dialect reads from an error's body; empty if it is not there."""
        try:
            return str(read(_JSON_IN.decode(response.text)) or "")
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return ""

    def _pause(self, response: httpx.Response) -> float | None:
        """The pause in seconds that `Retry-After` asks for (RFC 9110: seconds or a date), or None."""
        text = response.headers.get("Retry-After", "").strip()
        try:
            seconds = float(text) if text.replace(".", "", 1).isdigit() else None
            if seconds is None and text:
                seconds = (parsedate_to_datetime(text) - self._clock()).total_seconds()
        except (ValueError, TypeError):
            return None
        return None if seconds is None else min(max(seconds, 0.0), _LONGEST_PAUSE_SECONDS)
