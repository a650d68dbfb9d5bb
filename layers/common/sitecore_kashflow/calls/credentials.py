"""Credentials as the clients see them: values that do not show themselves, and the version they came from."""

from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, SecretStr

Model_co = TypeVar("Model_co", covariant=True)


class SecretSource(Protocol[Model_co]):
    """Gives a secret, kept for some minutes; `anew` asks for it past every cache."""

    def __call__(self, *, anew: bool = False) -> Model_co: ...


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
