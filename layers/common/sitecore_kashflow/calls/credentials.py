"""Credentials as the clients use them: values that are hidden when printed, and the version of the secret."""

from dataclasses import dataclass, field
from typing import Protocol, TypeVar

Model_co = TypeVar("Model_co", covariant=True)


class SecretSource(Protocol[Model_co]):
    """Gives a secret, cached for some minutes; `refresh` bypasses the cache."""

    def __call__(self, *, refresh: bool = False) -> Model_co: ...


@dataclass(frozen=True)
class KashflowCredentials:
    username: str = field(repr=False)
    password: str = field(repr=False)
    memorable_word: str = field(repr=False)
    version: str = ""


@dataclass(frozen=True)
class OrdercloudCredentials:
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    version: str = ""
