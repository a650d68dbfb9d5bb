"""A login that is turned away, although nothing says that the secret is wrong: tried again, later each time.

Refusals in a row may lock the account (KF-12), so the pauses are long; a new version of the secret is tried at once.
"""

from datetime import datetime, timedelta

from ..errors import RefusedError, RetryableError
from .access import Access, AccessStore

_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=10), timedelta(hours=4)


def require_not_turned_away(system: str, access: Access, secret_version: str, now: datetime) -> None:
    """Raise `RetryableError` while this version of the secret has to wait."""
    if secret_version == access.turned_away_version and access.turned_away_until > now:
        raise RetryableError(
            "LOGIN_TURNED_AWAY", f"{system} turned the login away; the next try is after {access.turned_away_until}."
        )


def turn_away(
    store: AccessStore, access: Access, secret_version: str, refusal: RefusedError, now: datetime
) -> RetryableError:
    """Record it in `store`, where `access` was read before; returns what to raise: without the system's message."""
    times = 1 + (access.turned_away_times if access.turned_away_version == secret_version else 0)
    wait = min(_FIRST_WAIT * 2 ** min(times - 1, 10), _LONGEST_WAIT)
    store.turn_away(secret_version, times, now + wait)
    return RetryableError(
        "LOGIN_TURNED_AWAY",
        f"The login was turned away with status {refusal.status}, code {refusal.refusal}. The next one is tried in "
        f"{wait.total_seconds() / 60:.0f} minutes, or at once if the secret is saved again. Check that API access is "
        "on for this user and for AWS's addresses.",
    )
