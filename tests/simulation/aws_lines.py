"""The bridge's calls to AWS: each function makes only those that the template allows it, and they fail by the plan."""

from collections.abc import Callable
from random import Random
from typing import Any, Protocol

from botocore.exceptions import ReadTimeoutError

from tests.simulation.conditions import Conditions, spread
from tests.simulation.dynamo import refusal
from tests.simulation.lines import FROZEN_SECONDS
from tests.simulation.permissions import Permission, allowed
from tests.simulation.scheduler import Killed, Scheduler

Effect = Callable[[], Any]
_REFUSED_FOR_GOOD = {"denied": "AccessDeniedException", "gone": "ResourceNotFoundException"}


class Ground(Protocol):
    """Who calls, when, and what goes wrong."""

    scheduler: Scheduler
    weather: Random
    conditions: Conditions

    @property
    def caller(self) -> str | None: ...
    def take(self, site: str) -> str | None: ...


class AwsLines:
    """`used` lists what each function has needed to be allowed."""

    def __init__(self, ground: Ground) -> None:
        self.used: set[tuple[str, Permission]] = set()
        self._ground = ground

    def call(self, site: str, effect: Effect, *needs: Permission, **outcomes: Effect) -> Any:
        """`outcomes` are those of faults that only this call has, by the fault's name."""
        self._require(needs)
        self._ground.scheduler.pause()
        self._travel()
        answer = self._played(self._ground.take(site), site, effect, outcomes)
        self._travel()
        return answer

    def _require(self, needs: tuple[Permission, ...]) -> None:
        caller = self._ground.caller
        if caller is None:
            return
        may = allowed(caller)
        for need in needs:
            self.used.add((caller, need))
            if may is not None and need not in may:
                raise refusal(need.action, "AccessDeniedException")

    def _travel(self) -> None:
        usual = self._ground.conditions.aws_seconds
        if usual:
            self._ground.scheduler.sleep(spread(usual, self._ground.weather))

    def _played(self, kind: str | None, site: str, effect: Effect, outcomes: dict[str, Effect]) -> Any:
        if kind is None:
            return effect()
        if kind in outcomes:
            return outcomes[kind]()
        if kind == "frozen":
            self._ground.scheduler.sleep(FROZEN_SECONDS)
            return effect()
        if kind == "kill_before":
            raise Killed
        if kind == "refused":
            is_table = site.startswith(("ledger", "hints"))
            raise refusal(site, "ProvisionedThroughputExceededException" if is_table else "ThrottlingException")
        if kind in _REFUSED_FOR_GOOD:
            raise refusal(site, _REFUSED_FOR_GOOD[kind])
        answer = effect()
        if kind == "twice":
            effect()
        elif kind == "again":
            answer = effect()
        elif kind == "lost":
            raise ReadTimeoutError(endpoint_url="https://aws")
        elif kind == "kill_after":
            raise Killed
        return answer
