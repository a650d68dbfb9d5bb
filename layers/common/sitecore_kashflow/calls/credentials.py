"""Credentials as the clients see them: values that do not show themselves, and the version they came from."""

from dataclasses import dataclass, field
from typing import Protocol, TypeVar

Model_co = TypeVar("Model_co", covariant=True)


class SecretSource(Protocol[Model_co]):
    """Gives a secret, kept for some minutes; `anew` asks for it past every cache."""

    def __call__(self, *, anew: bool = False) -> Model_co: ...


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
