"""Credentials as the clients use them: values that are hidden when printed, and the version of the secret."""

from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, SecretStr

Model_co = TypeVar("Model_co", covariant=True)


class SecretSource(Protocol[Model_co]):
    """Gives a secret, cached for some minutes; `refresh` bypasses the cache."""

    def __call__(self, *, refresh: bool = False) -> Model_co: ...


class _Credentials(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    version: str = ""


class KashflowCredentials(_Credentials):
    username: SecretStr
    password: SecretStr
    memorable_word: SecretStr


class OrdercloudCredentials(_Credentials):
    client_id: SecretStr
    client_secret: SecretStr
