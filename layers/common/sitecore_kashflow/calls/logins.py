"""What all workers share about logging in to an outside system: who may try, and what came of the last try."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..tables.items import Item, Items, Values, moment_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_LOGIN_IN_DOUBT_FOR = timedelta(minutes=10)


class LoginRecord:
    """The login's part of the shared record of an outside system (`system` is its name)."""

    def __init__(self, table: "Table", system: str) -> None:
        self._items = Items(table)
        self._key = {"pk": f"ACCESS#{system}", "sk": "CURRENT"}

    def claim_login(self, generation: int, secret_version: str, now: datetime, seconds: int) -> bool:
        """Claim the one login that may follow `generation`, for `seconds`.

        False if another worker has it, if this version of the secret was refused, or if the account is locked. Also
        False for ten minutes after a login with an unknown outcome, unless this version of the secret has worked
        before: it may have been refused, and repeated refusals lock the account (KF-12). And while a version that was
        turned away waits.
        """
        taken = self._update(
            "SET login_until = :until, tried_version = :version, tried_at = :now",
            "(attribute_not_exists(tried_version) OR tried_version <> :version OR right_version = :version OR "
            "tried_at <= :long_ago) AND "
            "(attribute_not_exists(turned_away_version) OR turned_away_version <> :version OR "
            "turned_away_until <= :now) AND "
            "(attribute_not_exists(generation) OR generation = :generation) AND "
            "(attribute_not_exists(login_until) OR login_until < :now) AND "
            "(attribute_not_exists(locked_until) OR locked_until <= :now) AND "
            "(attribute_not_exists(refused_secret_version) OR refused_secret_version <> :version)",
            {
                ":until": moment_text(now + timedelta(seconds=seconds)),
                ":now": moment_text(now),
                ":long_ago": moment_text(now - _LOGIN_IN_DOUBT_FOR),
                ":generation": generation,
                ":version": secret_version,
            },
        )
        return taken is not None

    def save_session(self, token: str, generation: int, secret_version: str, now: datetime) -> None:
        """Share a new session as `generation` and end the claim: this version of the secret works."""
        self._update(
            "SET #token = :token, generation = :generation, started_at = :now, right_version = :version "
            "REMOVE login_until, tried_version, refused_secret_version, turned_away_version, turned_away_times",
            "",
            {":token": token, ":generation": generation, ":now": moment_text(now), ":version": secret_version},
            {"#token": "token"},
        )

    def release_login(self, *, is_in_doubt: bool) -> None:
        """End the claim without a session. Another worker may log in, unless this login may have been refused."""
        self._update("REMOVE login_until" + ("" if is_in_doubt else ", tried_version"))

    def refuse(self, secret_version: str) -> None:
        """Record that this version of the secret was refused, so that it is never tried again."""
        self._update(
            "SET refused_secret_version = :version REMOVE login_until, tried_version",
            "",
            {":version": secret_version},
        )

    def turn_away(self, secret_version: str, times: int, until: datetime) -> None:
        """Record that this version was turned away `times` times in a row: no login with it before `until`."""
        self._update(
            "SET turned_away_version = :version, turned_away_times = :times, turned_away_until = :until "
            "REMOVE login_until, tried_version",
            "",
            {":version": secret_version, ":times": times, ":until": moment_text(until)},
        )

    def let_in(self) -> None:
        """Forget that any version was turned away."""
        self._update("REMOVE turned_away_version, turned_away_times")

    def lock(self, until: datetime) -> None:
        """Record that the account is locked: no login before `until`."""
        self._update("SET locked_until = :until REMOVE login_until, tried_version", "", {":until": moment_text(until)})

    def _update(
        self,
        expression: str,
        condition: str = "",
        values: Values | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Item | None:
        """The updated item, or None if the condition does not hold."""
        return self._items.update(self._key, expression, values, condition=condition, names=names)
