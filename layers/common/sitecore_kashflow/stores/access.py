"""What all workers share about one outside system: its session, whose turn it is to log in, and pauses."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_NEVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Access:
    """The shared record. `generation` grows with every login; moments are aware UTC."""

    token: str = ""
    generation: int = 0
    started_at: datetime = _NEVER
    held_until: datetime = _NEVER
    locked_until: datetime = _NEVER
    refused_secret_version: str = ""


class AccessStore:
    """One item of the ledger table for each outside system (`system` is its name)."""

    def __init__(self, table: "Table", system: str) -> None:
        self._table = table
        self._key = {"pk": f"ACCESS#{system}", "sk": "CURRENT"}

    def read(self) -> Access:
        item = self._table.get_item(Key=self._key, ConsistentRead=True).get("Item", {})
        return Access(
            token=str(item.get("token", "")),
            generation=int(str(item.get("generation", 0))),
            started_at=_moment(item.get("started_at")),
            held_until=_moment(item.get("held_until")),
            locked_until=_moment(item.get("locked_until")),
            refused_secret_version=str(item.get("refused_secret_version", "")),
        )

    def take_login(self, generation: int, secret_version: str, now: datetime, seconds: int) -> bool:
        """Claim the one login that may follow `generation`, for `seconds`.

        False if somebody else has it, or if this version of the secret was refused or the account locked.
        """
        return self._update(
            "SET login_until = :until",
            "(attribute_not_exists(generation) OR generation = :generation) AND "
            "(attribute_not_exists(login_until) OR login_until < :now) AND "
            "(attribute_not_exists(locked_until) OR locked_until <= :now) AND "
            "(attribute_not_exists(refused_secret_version) OR refused_secret_version <> :version)",
            {
                ":until": _text(now + timedelta(seconds=seconds)),
                ":now": _text(now),
                ":generation": generation,
                ":version": secret_version,
            },
        )

    def save_session(self, token: str, generation: int, now: datetime) -> None:
        """Publish a new session as `generation` and give the login back."""
        self._update(
            "SET #token = :token, generation = :generation, started_at = :now "
            "REMOVE login_until, refused_secret_version",
            None,
            {":token": token, ":generation": generation, ":now": _text(now)},
            {"#token": "token"},
        )

    def give_up_login(self) -> None:
        """Nobody is logging in any more; the next one may try."""
        self._update("REMOVE login_until", None, {})

    def refuse(self, secret_version: str) -> None:
        """Note that this version of the secret was refused: nobody tries it a second time."""
        self._update("SET refused_secret_version = :version REMOVE login_until", None, {":version": secret_version})

    def lock(self, until: datetime) -> None:
        """Note that the account is locked: no login before `until`."""
        self._update("SET locked_until = :until REMOVE login_until", None, {":until": _text(until)})

    def hold(self, until: datetime) -> None:
        """Hold the whole stack's calls back until then. A longer hold stays."""
        self._update(
            "SET held_until = :until",
            "attribute_not_exists(held_until) OR held_until < :until",
            {":until": _text(until)},
        )

    def _update(
        self,
        expression: str,
        condition: str | None,
        values: dict[str, Any],
        names: dict[str, str] | None = None,
    ) -> bool:
        arguments: dict[str, Any] = {"Key": self._key, "UpdateExpression": expression}
        if condition:
            arguments["ConditionExpression"] = condition
        if values:
            arguments["ExpressionAttributeValues"] = values
        if names:
            arguments["ExpressionAttributeNames"] = names
        try:
            self._table.update_item(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True


def _moment(value: object) -> datetime:
    return datetime.fromisoformat(str(value)) if value else _NEVER


def _text(moment: datetime) -> str:
    """Fixed width, so that texts compare as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
