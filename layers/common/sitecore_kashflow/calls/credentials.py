"""Credentials as the clients see them: values that do not show themselves, and the version they came from."""

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, SecretStr


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


KashflowSource = Callable[[bool], KashflowCredentials]
"""Gives the credentials; True asks for them anew, past every cache."""

OrdercloudSource = Callable[[bool], OrdercloudCredentials]
