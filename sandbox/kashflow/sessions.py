"""Logging in by password and memorable word, and how long a session lives (KF-3 to KF-15)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sandbox.kashflow import seed
from sandbox.kashflow.reading import Record
from sandbox.kashflow.refusals import RefusalError
from sandbox.shared.switches import Switches

_TEMPORARY_LIFE = timedelta(minutes=5)  # KF-5
_SESSION_LIFE = timedelta(minutes=60)  # KF-7
_LOCK_TIME = timedelta(minutes=10)  # KF-12
_FAILURES_TO_LOCK = 3  # KF-12
_CALLS_MID_RUN = 25


@dataclass
class _Session:
    started_at: datetime
    last_call_at: datetime
    calls: int = 0


class Sessions:
    """Temporary tokens, sessions and the lock of the one user."""

    def __init__(self, clock: Callable[[], datetime], random: Random, switches: Switches) -> None:
        self.password = seed.PASSWORD
        self._clock = clock
        self._random = random
        self._switches = switches
        self._temporary: dict[str, tuple[datetime, list[int]]] = {}
        self._sessions: dict[str, _Session] = {}
        self._failures = 0
        self._locked_until: datetime | None = None

    def first_step(self, username: str | None, password: str | None) -> tuple[int, Record]:
        """User name and password: status and body with a temporary token and three positions."""
        self._refuse_locked()
        if (username or "").lower() != seed.USERNAME or password != self.password:
            raise self._failed("bad_password", "Invalid username or password.")
        position = self._switches["login_step_1"]
        if position == "session_token_at_once":
            return 201, self._open_session()
        token = self._token()
        positions = sorted(self._random.sample(range(1, len(seed.MEMORABLE_WORD) + 1), 3))
        self._temporary[token] = (self._clock(), positions)
        body = {
            "TemporaryToken": token,
            "MemorableWordList": [{"Position": position, "Value": ""} for position in positions],
            "HasTemporaryPassword": False,
            "IsAdmin": True,
            "PackageName": "Business",
            "PartnerId": 0,
            "PartnerBrandingOptOut": False,
            "SubscriptionExpired": False,
        }
        return (200 if position == "temporary_token_200" else 201), body

    def second_step(self, token: str | None, characters: list[Record]) -> Record:
        """The temporary token with the three characters: body with the session token."""
        self._refuse_locked()
        asked_at, positions = self._temporary.pop(token or "", (None, []))
        expired_at_once = self._switches["temporary_token"] == "expired_at_once"
        if asked_at is None or expired_at_once or self._clock() - asked_at > _TEMPORARY_LIFE:
            raise RefusalError(401, "Session token provided is invalid.", "InvalidSessionToken")
        given = {item.get("Position"): (item.get("Value") or "").lower() for item in characters}
        if given != {position: seed.MEMORABLE_WORD[position - 1] for position in positions}:
            raise self._failed("wrong_memorable_word", "Invalid memorable word characters.")
        self._failures = 0
        return self._open_session()

    def check(self, authorization: str) -> None:
        """Accept the `Authorization` header of a call or raise 401."""
        session = self._sessions.get(token_of(authorization))
        now = self._clock()
        if session is None or self._is_dead(session, now):
            self.end(authorization)
            raise RefusalError(401, "Session token provided is invalid.", "InvalidSessionToken")
        session.last_call_at = now
        session.calls += 1

    def end(self, authorization: str) -> None:
        """Forget the session of this header, if there is one."""
        self._sessions.pop(token_of(authorization), None)

    def _is_dead(self, session: _Session, now: datetime) -> bool:
        life = self._switches["session_life"]
        if life == "killed_mid_run" and session.calls >= _CALLS_MID_RUN:
            return True
        since = session.started_at if life == "absolute_60_minutes" else session.last_call_at
        return now - since > _SESSION_LIFE

    def _open_session(self) -> Record:
        if self._switches["sessions_per_user"] == "one":
            self._sessions.clear()
        token = self._token()
        self._sessions[token] = _Session(self._clock(), self._clock())
        return {
            "SessionToken": token,
            "CompanyName": seed.COMPANY,
            "IsAdmin": True,
            "PackageName": "Business",
            "StartPageUrl": "/",
            "SubscriptionExpired": False,
            "SubscriptionExpiryDate": None,
            "HasTemporaryPassword": False,
            "PartnerId": 0,
        }

    def _refuse_locked(self) -> None:
        if self._locked_until is not None and self._clock() < self._locked_until:
            raise RefusalError(401, "The account is locked.", "AccountLocked")

    def _failed(self, switch: str, message: str) -> RefusalError:
        self._failures += 1
        if self._failures >= _FAILURES_TO_LOCK:
            self._failures = 0
            self._locked_until = self._clock() + _LOCK_TIME
            return RefusalError(401, "The account is locked.", "AccountLocked")
        status = int(self._switches[switch].rpartition("_")[2])
        return RefusalError(status, message, "InvalidCredentials")

    def _token(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))


def token_of(authorization: str) -> str:
    """The token of `KfToken <token>`; an empty text for any other scheme."""
    scheme, _, token = authorization.partition(" ")
    return token.strip().lower() if scheme.lower() == "kftoken" else ""
