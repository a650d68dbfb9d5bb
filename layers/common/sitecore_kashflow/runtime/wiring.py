"""The collaborators of the doors, built once for each container: the only place that decides which use case gets what.

Each collaborator is built by the function of its name in one of the modules of `providers`. A module is imported when
something in it is first needed, so a door loads what it uses and nothing else.
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
    "queues": "queues",
    "served_hints": "queues",
    "workflow": "workflows",
    "slots": "workflows",
    "admission": "workflows",
    "table": "ledger",
    "runs": "ledger",
    "documents": "documents",
    "ledger": "documents",
    "mode": "modes",
    "reading_desk": "readings",
    "enricher": "enrichments",
    "window": "windows",
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
    "looks": "sweeps",
    "subject_worker": "subjects",
    "decisions": "decisions",
    "open_object": "payouts",
    "payout_desk": "payouts",
    "payout_books": "payout_books",
    "client": "kashflow",
    "account": "posting",
    "customers": "customers",
    "desk": "posting",
    "previewer": "previews",
    "messenger": "messengers",
    "both_sides": "reconciliation",
    "reconciliation_store": "reconciliation",
    "closings": "reconciliation",
    "month_sources": "month_end",
}
_OF_THE_MOMENT = {"now": lambda wiring: wiring.clock(), "rules": lambda wiring: wiring.rules_source()}


def utc_now() -> datetime:
    return datetime.now(UTC)


class Wiring:
    """The collaborators of the doors, by name. Tests may replace the clock, sleep, HTTP transport, AWS and randomness.

    `aws` offers `client(service)` and `resource("dynamodb")` as the `boto3` module does. `transport` is httpx's.
    `is_background` is set while the current work lets other work go first.
    `at_end` is done whenever some work is over.
    `builds_ahead` is set in Lambda, where time spent at start-up costs nothing extra.
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
        self.is_background = False
        self.at_end: list[Callable[[], None]] = []
        self.builds_ahead = is_in_lambda()
        self.clock = clock
        self.sleep = sleep
        self.transport = transport
        self.aws = aws
        self.random = random or Random()  # noqa: S311  it spreads waits, it guards nothing
        self._of_doors: dict[Callable[[Wiring], Any], Any] = {}

    def __getattr__(self, name: str) -> Any:
        """Build a collaborator the first time it is needed."""
        if name not in _PROVIDERS:
            raise AttributeError(name)
        module = import_module(f".providers.{_PROVIDERS[name]}", __package__)
        built = getattr(module, name)(self)
        self.__dict__[name] = built
        return built

    def resolve(self, name: str) -> Any:
        """The value for a parameter of this name: a collaborator, or the current time or rules."""
        return _OF_THE_MOMENT[name](self) if name in _OF_THE_MOMENT else getattr(self, name)

    def built_by(self, provider: "Callable[[Wiring], Any]") -> Any:
        """What a door's own provider builds, once."""
        if provider not in self._of_doors:
            self._of_doors[provider] = provider(self)
        return self._of_doors[provider]

    def end_work(self) -> None:
        """The current work is over: give back what was taken for it."""
        for give_back in self.at_end:
            give_back()

    def close(self) -> None:
        """Drop the connections to the outside systems."""
        self.end_work()
        if "http" in self.__dict__:
            self.http.close()


_current: Wiring | None = None


def wiring() -> Wiring:
    """The wiring of this container."""
    return use(Wiring()) if _current is None else _current


def use(given: Wiring) -> Wiring:
    """Make the doors of this process use the given wiring from now on."""
    global _current  # noqa: PLW0603 -- the one place that keeps what was built
    _current = given
    return given


def injected(use_case: Callable[..., Any], **own: Callable[[Wiring], Any]) -> Callable[..., Any]:
    """The use case, with its collaborators found by the names of its keyword parameters.

    What only this door needs, such as its shop's front door, is built by the provider given for it (`own`). In Lambda
    everything is built when the door is imported, where time costs nothing extra, and not at the first call.
    """
    parameters = inspect.signature(use_case).parameters.values()
    keywords = [one.name for one in parameters if one.kind is one.KEYWORD_ONLY and one.default is one.empty]
    names = [name for name in keywords if name not in own]
    if is_in_lambda():
        _build_ahead(names, list(own.values()))

    @wraps(use_case)
    def call(*arguments: Any) -> Any:
        here = wiring()
        shared = {name: here.resolve(name) for name in names}
        return use_case(*arguments, **shared, **{name: here.built_by(provider) for name, provider in own.items()})

    return call


def _build_ahead(names: list[str], providers: list[Callable[[Wiring], Any]]) -> None:
    """Build these now, and the source of the rules if they are wanted."""
    for provider in providers:
        wiring().built_by(provider)
    for name in names:
        if name != "now":
            getattr(wiring(), "rules_source" if name == "rules" else name)
