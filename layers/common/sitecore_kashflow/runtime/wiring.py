"""What the doors of a container work with, built once: the only place that decides who gets what.

Each thing is built by the function of its name in one of the modules of `providers`, one a system, which are imported
when something of theirs is first needed. So a door loads what it uses, and nothing else.
"""

import inspect
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from importlib import import_module
from random import Random
from typing import Any

import boto3

from ..canonical.clock import Clock
from .settings import is_in_lambda

_PROVIDERS = {
    "front_door": "front_doors",
    "queue": "queues",
    "served_hints": "queues",
    "workflow": "workflows",
    "table": "ledger",
    "runs": "ledger",
    "documents": "documents",
    "ledger": "documents",
    "cursors": "sweeps",
    "duplicate_store": "duplicates",
    "kept_events": "kept_events",
    "rules_source": "rules",
    "http": "http",
    "shops": "shops",
    "lists": "shops",
    "audiences": "shops",
    "ordercloud_client": "ordercloud",
    "reporter": "reports",
    "sweep": "sweeps",
    "second_look": "sweeps",
    "decisions": "decisions",
    "client": "kashflow",
    "account": "posting",
    "customers": "customers",
    "desk": "posting",
    "previewer": "previews",
}
_OF_THE_MOMENT = {"now": lambda wiring: wiring.clock(), "rules": lambda wiring: wiring.rules_source()}


def utc_now() -> datetime:
    return datetime.now(UTC)


class Wiring:
    """The collaborators of the doors, by name. Clock, sleep, HTTP transport, AWS and chance may be given.

    `aws` offers `client(service)` and `resource("dynamodb")` as the `boto3` module does. `transport` is httpx's.
    `gives_way` is set while the work at hand lets others go first.
    A Lambda starts up for free, so that there it `builds_ahead`.
    """

    def __init__(
        self,
        *,
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        transport: Any = None,
        aws: Any = boto3,
        random: Random | None = None,
    ) -> None:
        self.gives_way = False
        self.builds_ahead = is_in_lambda()
        self.clock = clock
        self.sleep = sleep
        self.transport = transport
        self.aws = aws
        self.random = random or Random()  # noqa: S311  it spreads waits, it guards nothing

    def __getattr__(self, name: str) -> Any:
        """Build what is asked for, once."""
        if name not in _PROVIDERS:
            raise AttributeError(name)
        module = import_module(f".providers.{_PROVIDERS[name]}", __package__)
        built = getattr(module, name)(self)
        self.__dict__[name] = built
        return built

    def given(self, name: str) -> Any:
        """What a parameter of this name gets: something built, or a value of the moment."""
        return _OF_THE_MOMENT[name](self) if name in _OF_THE_MOMENT else getattr(self, name)

    def close(self) -> None:
        """Drop the connections to the outside systems."""
        if "http" in self.__dict__:
            self.http.close()


_current: Wiring | None = None


def wiring() -> Wiring:
    """The wiring of this container."""
    return use(Wiring()) if _current is None else _current


def use(given: Wiring) -> Wiring:
    """Let the doors of this process use the given wiring from now on."""
    global _current  # noqa: PLW0603 -- the one place that remembers what was built
    _current = given
    return given


def injected(use_case: Callable[..., Any]) -> Callable[..., Any]:
    """The use case, with its collaborators found by the names of its keyword parameters.

    In a Lambda they are built when the door is imported, where starting up costs nothing extra, and not at the first
    call.
    """
    parameters = inspect.signature(use_case).parameters.values()
    names = [one.name for one in parameters if one.kind is one.KEYWORD_ONLY and one.default is one.empty]
    if is_in_lambda():
        _build_ahead(names)

    @wraps(use_case)
    def call(*arguments: Any) -> Any:
        here = wiring()
        return use_case(*arguments, **{name: here.given(name) for name in names})

    return call


def _build_ahead(names: list[str]) -> None:
    """Build these now, and the source of the rules if they are wanted."""
    for name in names:
        if name != "now":
            getattr(wiring(), "rules_source" if name == "rules" else name)
