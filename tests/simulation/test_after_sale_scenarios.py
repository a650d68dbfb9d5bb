"""The scenarios of what follows a sale, as the demo plays them (`make demo SCENARIO=all`), on virtual time."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby

import pytest

from sandbox.retail_order import RetailOrder
from sandbox.scenarios.after_sale import CANCELLING_IS_ALLOWED, Played, play_on
from sandbox.scenarios.after_sale_scripts import SCENARIOS, Scenario
from sandbox.service_desk import ServiceDesk
from sandbox.witness import Books, Shop
from sitecore_kashflow.observability import logger
from sitecore_kashflow.runs.subject import Subject
from tests.simulation.environment import ENVIRONMENT, KASHFLOW, ORDERCLOUD, PUBLISHED_RULES
from tests.simulation.world import World

_A_DAY = 86_400
_OWN_RULES = PUBLISHED_RULES | {"ORDERCLOUD_SHIPMENT_ROLE": "yes"}


class WorldFloor:
    """The simulated world; what is done next is done on the next day."""

    def __init__(self, world: World) -> None:
        world.ordercloud.switches.put(CANCELLING_IS_ALLOWED)
        self.world = world
        self.books = Books(KASHFLOW, transport=world.kashflow.transport)
        self.shop = Shop(ORDERCLOUD, transport=world.ordercloud.transport)

    @property
    def desk(self) -> ServiceDesk:
        return self.world.shop.desk(self.world.clock)

    def place(self, order: RetailOrder) -> None:
        self.world.place(order)

    def retry(self, order_id: str) -> None:
        about = Subject("order", "ordercloud", order_id)
        self.world.container().decisions.resume(about, self.world.clock(), afresh=True)

    def settle(self, _: Callable[[], bool]) -> None:
        self.world.announce()
        self.world.run()
        self.world.scheduler.sleep(_A_DAY)

    def now(self) -> datetime:
        return self.world.clock()


def played(scenarios: list[Scenario]) -> Iterator[Played]:
    """The scenarios, those under the same rules in one world; the log is silent for as long."""
    level = logger.log_level
    with pytest.MonkeyPatch.context() as patch:
        for rules, alike in groupby(sorted(scenarios, key=lambda one: one.rules), key=lambda one: one.rules):
            for name, value in (ENVIRONMENT | (_OWN_RULES if rules else {})).items():
                patch.setenv(name, value)
            world = World(1)
            world.rules_text = rules
            try:
                yield from play_on(WorldFloor(world), list(alike))
            finally:
                world.close()
    logger.setLevel(level)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Played]:
    return {one.scenario.name: one for one in played([*SCENARIOS.values()])}


@pytest.mark.parametrize("name", SCENARIOS)
def test_both_systems_agree_in_scenario(name: str, outcomes: dict[str, Played]) -> None:
    assert outcomes[name].faults == []
