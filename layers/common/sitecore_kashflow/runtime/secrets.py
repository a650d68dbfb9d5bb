"""Secrets by name, cached for five minutes, so that a rotation needs no deployment."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..canonical.clock import Clock
from ..errors import PermanentError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

_KEEP_FOR = timedelta(minutes=5)

Model = TypeVar("Model")


@dataclass(frozen=True)
class WebhookKeys:
    """The two live hash keys; `previous` is empty outside a rotation."""

    current: str = field(repr=False)
    previous: str = field(default="", repr=False)

    @property
    def live(self) -> tuple[str, str]:
        return self.current, self.previous


class Secret(Generic[Model]):
    """One secret. `read` makes a value from its fields and its version id, which it gets as `version`."""

    def __init__(
        self, client: "SecretsManagerClient", name: str, read: Callable[[dict[str, Any]], Model], clock: Clock
    ) -> None:
        self._client = client
        self._name = name
        self._read = read
        self._clock = clock
        self._kept: Model | None = None
        self._kept_at: datetime | None = None

    def __call__(self, *, refresh: bool = False) -> Model:
        """The secret as last read; `refresh` bypasses the cache."""
        now = self._clock()
        if refresh or self._kept is None or self._kept_at is None or now - self._kept_at > _KEEP_FOR:
            answer = self._client.get_secret_value(SecretId=self._name)
            self._kept = self._read(json.loads(answer["SecretString"]) | {"version": answer["VersionId"]})
            self._kept_at = now
        return self._kept


def credentials_of(kind: type[Model]) -> Callable[[dict[str, Any]], Model]:
    """A reader of credentials of this kind, all of whose fields are texts. Others of the secret are ignored.

    It raises `PermanentError` naming the fields that cannot be read, and quotes none.
    """
    names = [one.name for one in fields_of(kind)]  # type: ignore[arg-type]

    def read(fields: dict[str, Any]) -> Model:
        wrong = ", ".join(name for name in names if not isinstance(fields.get(name), str))
        if wrong:
            raise PermanentError("UNREADABLE", f"{kind.__name__} was sent with fields that cannot be read: {wrong}.")
        return kind(**{name: fields[name] for name in names})

    return read


def webhook_keys(fields: dict[str, Any]) -> WebhookKeys:
    return WebhookKeys(str(fields["current"]), str(fields.get("previous", "")))
