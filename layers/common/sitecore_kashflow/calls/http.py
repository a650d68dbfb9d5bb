"""One way to call another system: explicit timeouts, exact decimals, and answers turned into our errors.

Nothing is retried here but the connection itself; queues and the workflow retry.
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

TIMEOUT = httpx.Timeout(connect=10, read=60, write=30, pool=10)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
Query = Mapping[str, str | int | Sequence[str]]
_JSON_IN = simplejson.JSONDecoder(parse_float=Decimal)
_JSON_OUT = simplejson.JSONEncoder(use_decimal=True, ensure_ascii=False)
_DEFAULT_PAUSE = 5.0
_LONGEST_PAUSE = 3600.0


@dataclass(frozen=True)
class Answer:
    """A 2xx answer. `body` is parsed JSON with decimals, or None where there was none."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Leave them: no call depends on what an earlier answer has set."""


class _Client(httpx.Client):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._cookies = _NoCookies()


def http_client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """The connection pool of a container. Idle connections are dropped early: a thawed Lambda must not write on one."""
    limits = httpx.Limits(max_connections=4, keepalive_expiry=4)
    return _Client(timeout=TIMEOUT, limits=limits, transport=transport, follow_redirects=False)


def json_body(value: Any) -> bytes:
    """A body as it is sent: exact decimals, UTF-8."""
    return str(_JSON_OUT.encode(value)).encode()


class Caller:
    """Calls one system. `code_of` reads the system's own error code from a parsed error body.

    `judge` may turn an error answer into an error of its own before the general rules apply.
    """

    def __init__(
        self,
        *,
        system: str,
        base_url: str,
        client: httpx.Client,
        clock: Clock,
        code_of: Callable[[Any], str],
        judge: Callable[[int, str, str, bool], Exception | None] = lambda *_: None,
    ) -> None:
        self.system = system
        self._base_url = base_url.rstrip("/")
        self._client = client
        self._clock = clock
        self._code_of = code_of
        self._judge = judge

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Query | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        name: str | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Send one call and return its 2xx answer.

        `name` stands for the call in errors, when the path holds what they must not show. Raises
        `RateLimitedError`, `RetryableError`, `OutcomeUnknownError` (writes only) or `RefusedError`.
        """
        writes = method in ("POST", "PUT", "PATCH", "DELETE") and form is None
        call = name or f"{method} {path}"
        content = json_body(json) if json is not None else None
        sent = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if content else {})
        try:
            response = self._client.request(
                method,
                f"{self._base_url}{path}",
                params=params,
                content=content,
                data=form,
                headers=sent | dict(headers or {}),
                timeout=timeout if timeout is not None else httpx.USE_CLIENT_DEFAULT,
            )
        except _NEVER_SENT as error:
            raise RetryableError("NOT_REACHABLE", f"{self.system} was not reached: {type(error).__name__}.") from None
        except httpx.HTTPError as error:
            raise self._lost(call, writes, type(error).__name__) from None
        if response.is_success:
            return Answer(response.status_code, self._parsed(response, call, writes), response.headers)
        raise self._error(response, call, writes)

    def _parsed(self, response: httpx.Response, call: str, writes: bool) -> Any:
        if not response.content.strip():
            return None
        try:
            return _JSON_IN.decode(response.content.decode("utf-8-sig"))
        except ValueError:
            raise self._lost(call, writes, "an answer that is not JSON") from None

    def _lost(self, call: str, writes: bool, why: str) -> Exception:
        if writes:
            return OutcomeUnknownError("OUTCOME_UNKNOWN", f"{self.system}: no sound answer to {call} ({why}).")
        return RetryableError("NO_ANSWER", f"{self.system}: no sound answer to {call} ({why}).")

    def _error(self, response: httpx.Response, call: str, writes: bool) -> Exception:
        status = response.status_code
        code = self._error_code(response)
        judged = self._judge(status, code, call, writes)
        if judged is not None:
            return judged
        pause = self._pause(response)
        if status == 429 or (status == 503 and pause is not None):
            return RateLimitedError(self.system, _DEFAULT_PAUSE if pause is None else pause)
        if status >= 500 or status == 408:
            return self._lost(call, writes, f"status {status}")
        return RefusedError(self.system, status, code, call)

    def _error_code(self, response: httpx.Response) -> str:
        """The system's code, cut short; its message may hold what was sent, so it is not kept."""
        try:
            code = self._code_of(_JSON_IN.decode(response.text))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return "none"
        return "".join(sign for sign in str(code)[:60] if sign.isalnum() or sign in "._-") or "none"

    def _pause(self, response: httpx.Response) -> float | None:
        """Seconds asked for by `Retry-After` (RFC 9110: seconds or a date), or None."""
        text = response.headers.get("Retry-After", "").strip()
        try:
            seconds = float(text) if text.replace(".", "", 1).isdigit() else None
            if seconds is None and text:
                seconds = (parsedate_to_datetime(text) - self._clock()).total_seconds()
        except (ValueError, TypeError):
            return None
        return None if seconds is None else min(max(seconds, 0.0), _LONGEST_PAUSE)
