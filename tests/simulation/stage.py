"""The simulated world as a stage: nothing goes wrong but what the test asks for, and waiting costs nothing."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sandbox.witness import Books
from sitecore_kashflow.observability import logger
from sitecore_kashflow.runtime.wiring import Wiring, use
from tests.simulation.environment import ENVIRONMENT, KASHFLOW, ORDERCLOUD, STATE_MACHINE
from tests.simulation.world import World
from tests.stage import Shop, Stage


class OneContainer(World):
    """A world whose functions share one container, so that a test can reach into it; its webhooks are the test's."""

    def __init__(self) -> None:
        self.step_calls: list[str] = []
        super().__init__(hooks=())

    def __post_init__(self) -> None:
        super().__post_init__()
        self.wiring = super().container()

    def container(self) -> Wiring:
        return self.wiring

    def take(self, site: str) -> str | None:
        room, _, folder = site.partition(" ")
        if room == "lambda":
            self.step_calls.append(folder)
        return super().take(site)


class WorldStage(Stage):
    """Everything in memory, on virtual time."""

    kashflow_url, ordercloud_url = KASHFLOW, ORDERCLOUD

    def __init__(self, world: OneContainer) -> None:
        self.world, self.aws, self.step_calls = world, world.aws, world.step_calls
        self.wiring = use(world.wiring)
        self.kashflow_transport = world.kashflow.transport
        self.shop = Shop(ORDERCLOUD, world.ordercloud.transport)
        self.books = Books(KASHFLOW, transport=world.kashflow.transport)

    def close(self) -> None:
        for one in (self.shop, self.books, self.wiring, self.world):
            one.close()

    def dead_letters(self) -> list[object]:
        """Hints that no attempt could serve, and notices of dead runs that could not be acted on."""
        return [*self.world.dead_letters, *self.world.workflows.parking_dead_letters]

    def switch(self, system: str, **positions: str) -> None:
        self._system(system).switches.put(positions)

    def fault(self, system: str, **plan: Any) -> None:
        self._system(system).faults.add(plan)

    def calls(self, system: str) -> dict[str, int]:
        calls = self._system(system).calls
        told: dict[str, int] = calls.report()["by_route"]
        calls.clear()
        return told

    def change_account(self, **settings: str) -> None:
        self.world.kashflow.kashflow.change_account(settings)

    def post(self, raw: bytes, signature: str | None = None) -> dict[str, Any]:
        """If a test posts in the middle of a step, the front door has its own rights and not the step's."""
        worker = self.world.scheduler.current
        if worker is None:
            return super().post(raw, signature)
        name, worker.name = worker.name, "ingest_ordercloud"
        try:
            return super().post(raw, signature)
        finally:
            worker.name = name

    def consume(self) -> None:
        """What waits on the queue is taken; runs begin, or go on. A function that consumes lets the others work."""
        scheduler, world = self.world.scheduler, self.world
        if scheduler.current is not None:
            scheduler.sleep(1)
        else:
            scheduler.run(until=lambda: world.is_consumed)

    def executions(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "status": run.status, "executionArn": f"{STATE_MACHINE}:{name}"}
            for name, run in self.world.workflows.executions.items()
        ]

    def given_to(self, run: dict[str, Any]) -> str:
        return json.dumps(self.world.workflows.executions[run["name"]].given)

    def start_run(self, name: str, given: str) -> dict[str, Any]:
        self.world.workflows.start(name, given)
        return next(run for run in self.executions() if run["name"] == name)

    def settle(self) -> None:
        self.world.run()

    def wait_for(self, happened: Callable[[], bool], seconds: float = 20) -> None:
        for _ in range(int(seconds) + 1):
            if happened():
                return
            self.pass_time(1)
        raise AssertionError(f"not within {seconds} s of virtual time")

    def pass_time(self, seconds: float) -> None:
        """Let virtual time pass, and happen what is due."""
        due: list[bool] = []
        self.world.scheduler.at(seconds, lambda: due.append(True))
        self.world.scheduler.run(until=lambda: bool(due))

    def _system(self, name: str) -> Any:
        return self.world.kashflow if name == "kashflow" else self.world.ordercloud


@contextmanager
def world_stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[WorldStage]:
    """Both systems fresh from their seed, an empty ledger, and the bridge wired to them.

    A test must not leave dead letters behind.
    """
    for name, value in (ENVIRONMENT | {"POWERTOOLS_METRICS_DISABLED": "false"}).items():
        monkeypatch.setenv(name, value)
    level = logger.log_level
    ready = WorldStage(OneContainer())
    try:
        yield ready
        assert ready.dead_letters() == [], "dead letters are left behind"
    finally:
        ready.close()
        logger.setLevel(level)
