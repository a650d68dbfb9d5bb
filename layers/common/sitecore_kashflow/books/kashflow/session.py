"""One KashFlow session for the whole stack (KF-3 to KF-15).

A worker that needs a session uses the shared one. If there is none, or it is old, or KashFlow says that it has ended,
one worker logs in and the others wait for it. A password that is called wrong is never tried again, because KashFlow
locks accounts. A login that is turned away for any other reason is tried again, with growing pauses.
"""

from datetime import timedelta
from typing import Any

from ...calls.access import Access, AccessStore
from ...calls.credentials import KashflowCredentials, SecretSource
from ...calls.gate import Gate
from ...calls.http import Call, Caller
from ...calls.timing import Timing
from ...calls.turned_away import require_not_turned_away, turn_away
from ...errors import BridgeError, CredentialsRefusedError, OutcomeUnknownError, RefusedError, RetryableError
from ...observability import Metric, count
from .wire import TokenStart

_RENEW_AFTER = timedelta(minutes=45)  # KF-7
_LOCK_PAUSE = timedelta(minutes=10)  # KF-12, KF-13
_WRONG_SECRET = ("InvalidCredentials", "PasswordExpired", "MemorableWordTooShort")  # KF-10, KF-13
_LOGIN_SECONDS = 60
_LOGIN_TIMEOUT_SECONDS = 15.0
_POLL_SECONDS = 0.25
_POLLS = 60


class KashflowSession:
    """Keeps the shared session alive."""

    def __init__(
        self,
        *,
        caller: Caller,
        credentials: SecretSource[KashflowCredentials],
        store: AccessStore,
        gate: Gate,
        timing: Timing,
    ) -> None:
        self._caller = caller
        self._credentials = credentials
        self._store = store
        self._gate = gate
        self._clock = timing.clock
        self._sleep = timing.sleep

    def ensure(self, seen: Access, refused: Access | None) -> None:
        """Make sure that the shared record has a usable session: log in, or wait for the worker that does.

        `seen` is the record as last seen; `refused` is one whose session KashFlow says has ended.
        """
        if self._is_usable(seen, refused):
            return
        access = self._store.read()
        if self._is_usable(access, refused):
            return
        now = self._clock()
        credentials = self._credentials()
        if credentials.version in (access.refused_secret_version, access.turned_away_version):
            credentials = self._credentials(refresh=True)
        self._require_login_allowed(access, credentials)
        if not self._store.claim_login(access.generation, credentials.version, now, _LOGIN_SECONDS):
            self._wait_for_login_of_another(access, credentials)
            return
        try:
            token = self._log_in(credentials)
        except RefusedError as refusal:
            raise self._refused(refusal, credentials, access) from None
        except OutcomeUnknownError as lost:
            self._store.release_login(is_in_doubt=True)
            raise RetryableError("LOGIN_LOST", lost.words) from None
        except BridgeError:
            self._store.release_login(is_in_doubt=False)
            raise
        self._store.save_session(token, access.generation + 1, credentials.version, self._clock())

    def _wait_for_login_of_another(self, access: Access, credentials: KashflowCredentials) -> None:
        for _ in range(_POLLS):
            self._sleep(_POLL_SECONDS)
            found = self._store.read()
            if found.generation > access.generation:
                return
            self._require_login_allowed(found, credentials)
        raise RetryableError("LOGIN_UNDER_WAY", "Another worker is logging in to KashFlow.")

    def _is_usable(self, access: Access, refused: Access | None) -> bool:
        is_newer = refused is None or access.generation > refused.generation
        return bool(access.token) and is_newer and self._clock() - access.started_at < _RENEW_AFTER

    def _require_login_allowed(self, access: Access, credentials: KashflowCredentials) -> None:
        """Raise if a login cannot succeed: the user is locked, or KashFlow has already refused these credentials."""
        if access.locked_until > self._clock():
            raise RetryableError("ACCOUNT_LOCKED", "KashFlow has locked the user; no login is tried for a while.")
        if credentials.version == access.refused_secret_version:
            count(Metric.CREDENTIALS_REFUSED)
            raise CredentialsRefusedError(
                "CREDENTIALS_REFUSED",
                "KashFlow refused this user name, password or memorable word. Correct the secret.",
            )
        require_not_turned_away("KashFlow", access, credentials.version, self._clock())

    def _refused(self, refusal: RefusedError, credentials: KashflowCredentials, access: Access) -> BridgeError:
        count(Metric.CREDENTIALS_REFUSED)
        if refusal.refusal == "AccountLocked":
            self._store.lock(self._clock() + _LOCK_PAUSE)
            return RetryableError("ACCOUNT_LOCKED", "KashFlow has locked the user; no login is tried for a while.")
        if refusal.refusal == "PasswordExpired":
            self._store.lock(self._clock() + _LOCK_PAUSE)
        if refusal.refusal not in _WRONG_SECRET:
            return turn_away(self._store, access, credentials.version, refusal, self._clock())
        self._store.refuse(credentials.version)
        return CredentialsRefusedError(
            "CREDENTIALS_REFUSED",
            f"KashFlow refused the login with code {refusal.refusal}. Check user name, password and memorable word, "
            "then save the secret again.",
        )

    def _log_in(self, credentials: KashflowCredentials) -> str:
        """Log in in two steps: user and password, then three characters of the memorable word."""
        start = TokenStart.model_validate(
            self._call(
                "POST",
                {
                    "UserName": credentials.username,
                    "Password": credentials.password,
                },
            )
        )
        if start.session_token:
            return start.session_token
        word = credentials.memorable_word
        asked = [int(one["Position"]) for one in start.memorable_word_list]
        if any(position > len(word) for position in asked):
            raise RefusedError("kashflow", 400, "MemorableWordTooShort", "PUT /sessiontoken")
        done = self._call(
            "PUT",
            {
                "TemporaryToken": start.temporary_token,
                "MemorableWordList": [{"Position": at, "Value": word[at - 1]} for at in asked],
            },
        )
        token = TokenStart.model_validate(done).session_token
        if not token:
            raise RetryableError("LOGIN_WITHOUT_TOKEN", "KashFlow answered the login without a session token.")
        return token

    def _call(self, method: str, body: dict[str, Any]) -> Any:
        with self._gate.turn():
            return self._caller.call(
                Call(method, "/sessiontoken", json=body, timeout_seconds=_LOGIN_TIMEOUT_SECONDS)
            ).body
