"""Stock levels: subjects of a kind of their own, each event one write by a consumer of their own queue."""

from collections.abc import Callable
from functools import partial

import httpx
import pytest

from sitecore_kashflow.runs.records import PARKED, SubjectRecord
from sitecore_kashflow.runs.runs import Runs
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.usecases import act_on_subject as module
from tests.second_shop.till import Till, open_second_shop
from tests.simulation.drive import Day, Report, play, verdict
from tests.simulation.faults import Chosen, Faults, Mixed, Plan, kinds_of
from tests.simulation.world import World

WRITE = "warehouse PUT /levels/{id}"


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> None:
    open_second_shop(monkeypatch)


def count_often(world: World, products: int, times: int, each_seconds: float) -> None:
    """Every product is counted so many times, one product's counts close together."""
    till = Till(world)

    def tell(place: int) -> None:
        till.announce([till.count(f"P-{place // times}", 1000 - place)])

    for place in range(products * times):
        world.plan(place * each_seconds, partial(tell, place))


def put_dead_letters_back(world: World) -> None:
    """Where calls go wrong very often an envelope may fail five times in a row; putting it back is safe."""
    while world.dead_letters:
        world.redrive()
        world.run()


def counted(faults: Faults, script: Callable[[World, Till], object]) -> tuple[Report, Till]:
    """A world in which nothing is sold; `script` tells what is counted."""
    world = World(1, faults)
    till = Till(world)
    try:
        script(world, till)
        world.run()
        return verdict(world, {}), till
    finally:
        world.close()


def two_counts(world: World, till: Till) -> None:
    """The second comes while the first is being served."""
    world.plan(1, lambda: till.post(till.count("MUG", 7)))
    world.plan(1.1, lambda: till.post(till.count("MUG", 6)))


def test_bursts_of_events_end_in_the_newest_level_with_fewer_writes_than_events() -> None:
    world = World(1)
    count_often(world, products=3, times=40, each_seconds=0.01)
    world.run()
    report = verdict(world, {})
    world.close()
    assert report.violations == []
    assert 3 <= report.calls[WRITE] < 100


@pytest.mark.parametrize(
    ("seed", "share", "each_seconds"), [(1, 0.02, 0.1), (2, 0.15, 30), (15, 0.15, 0.1), (20, 0.15, 40)]
)
def test_levels_when_calls_go_wrong_end_as_the_newest_beside_orders_of_two_shops(
    seed: int, share: float, each_seconds: float
) -> None:
    def count(world: World) -> None:
        count_often(world, products=20, times=10, each_seconds=each_seconds)

    report = play(seed, Day(10), Mixed(seed, share), before=count, after=put_dead_letters_back)
    assert (report.violations, report.invoices) == ([], 10)


def test_level_when_any_single_call_goes_wrong_ends_as_the_newest() -> None:
    calm = Chosen()
    assert counted(calm, two_counts)[0].violations == []
    plans: list[Plan] = [{at: kind} for at, site in enumerate(calm.sites) for kind in kinds_of(site)]
    assert {repr(plan): found for plan in plans if (found := counted(Chosen(plan), two_counts)[0].violations)} == {}
    assert len(plans) > 150


@pytest.mark.parametrize("kind", ["kill_after", "late", "lost"])
def test_level_whose_write_may_still_land_is_written_again_only_when_it_cannot_any_more(kind: str) -> None:
    """The older level must not land on top of a newer one."""
    report, till = counted(Chosen({WRITE: kind}), two_counts)
    assert (report.violations, till.stored["MUG"]) == ([], {"level": 6})
    assert report.seconds > 180


def test_checker_when_a_subject_is_let_go_though_its_write_may_still_land_sees_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Planted: a lost answer is taken for one that nothing came of. Its write lands on top of a newer one's."""
    monkeypatch.setattr(module, "OutcomeUnknownError", ZeroDivisionError)

    def later(world: World, till: Till) -> None:
        world.plan(1, lambda: till.post(till.count("MUG", 7)))
        world.plan(20, lambda: till.post(till.count("MUG", 6)))

    assert any("went back" in line for line in counted(Chosen({WRITE: "late"}), later)[0].violations)


def test_checker_when_events_that_come_meanwhile_are_forgotten_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def at_once(self: Runs, job: object) -> bool:
        self.release(job)  # type: ignore[arg-type]
        return True

    monkeypatch.setattr(Runs, "end_run", at_once)
    world = World(1)
    count_often(world, products=3, times=40, each_seconds=0.01)
    world.run()
    assert verdict(world, {}).violations != []
    world.close()


def test_parked_level_holds_no_worker_and_goes_on_by_its_next_event() -> None:
    seen: list[SubjectRecord] = []

    def below_nothing(world: World, till: Till) -> None:
        till.post(till.count("MUG", -1))
        world.plan(60, lambda: seen.append(record_of(world)))
        world.plan(90, lambda: till.post(till.count("MUG", 5)))

    report, _ = counted(Chosen(), below_nothing)
    (parked,) = seen
    assert (parked.state, parked.run.is_open, parked.parking.token) == (PARKED, False, "")
    assert (parked.parking.code, parked.events, parked.served) == ("LEVEL_BELOW_NOTHING", 1, 1)
    assert report.violations == []


def test_event_that_comes_while_a_level_is_being_parked_is_not_lost() -> None:
    """It is noted while the first is at work, whose worker then looks again."""

    def two(world: World, till: Till) -> None:
        till.post(till.count("MUG", -1))
        for tenth in range(20):
            world.plan(tenth / 10, partial(till.post, till.count("MUG", 5 + tenth)))

    assert counted(Chosen(), two)[0].violations == []


def test_parked_level_when_a_person_resumes_it_is_looked_at_again() -> None:
    def mend(world: World, till: Till) -> None:
        """The warehouse takes nothing at first; a person has it mended, and says so."""
        taking = world.others["warehouse"]
        world.others["warehouse"] = _refusing()
        till.post(till.count("MUG", 5))
        world.plan(60, lambda: world.others.update(warehouse=taking))
        world.plan(61, lambda: words.append(resume(world)))

    words: list[str] = []
    report, _ = counted(Chosen(), mend)
    assert (report.violations, words) == ([], ["MUG starts again from the beginning."])


def resume(world: World) -> str:
    said: str = world.container().decisions.resume(MUG, world.clock())
    return said


def record_of(world: World) -> SubjectRecord:
    record: SubjectRecord = world.container().runs.record(MUG)
    return record


MUG = Subject("stock", "till", "MUG")


def _refusing() -> httpx.BaseTransport:
    return httpx.MockTransport(lambda _: httpx.Response(400, json={"code": "Closed"}))
