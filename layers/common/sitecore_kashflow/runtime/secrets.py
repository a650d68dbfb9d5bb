"""Secrets by name, kept for five minutes, so that a rotation needs no deploy."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, SecretStr

from ..canonical.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

_KEEP_FOR = timedelta(minutes=5)

Model = TypeVar("Model", bound=BaseModel)


class WebhookKeys(BaseModel):
    """The two live hash keys; `previous` is empty outside a rotation."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    current: SecretStr
    previous: SecretStr = SecretStr("")

    @property
    def live(self) -> tuple[str, str]:
        return self.current.get_secret_value(), self.previous.get_secret_value()


def secret_source(
    client: "SecretsManagerClient", name: str, model: type[Model], clock: Clock
) -> Callable[[bool], Model]:
    """A function that gives the secret as `model`; called with True it asks anew.

    The model's `version`, where it has one, is the secret's version id.
    """
    kept: list[tuple[datetime, Model]] = []

    def secret(fresh: bool = False) -> Model:
        if fresh or not kept or clock() - kept[0][0] > _KEEP_FOR:
            answer = client.get_secret_value(SecretId=name)
            parsed = model.model_validate_json(answer["SecretString"])
            if "version" in model.model_fields:
                parsed = parsed.model_copy(update={"version": answer["VersionId"]})
            kept[:] = [(clock(), parsed)]
        return kept[0][1]

    return secret
