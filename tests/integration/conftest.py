"""The stage of the integration tests: the simulated world, and for marked tests moto too."""

from collections.abc import Callable, Iterator

import pytest

from sitecore_kashflow.rules.document import parse_rules
from tests.moto_stage import servers, stage
from tests.person import Person
from tests.simulation.stage import world_stage
from tests.stage import Stage
from tests.terminal import Terminal


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "bridge" in metafunc.fixturenames:
        metafunc.parametrize("bridge", ["world", "moto"], indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test plays in the world; marked `also_on_moto` on both grounds, marked `only_on_moto` there alone."""
    items[:] = [item for item in items if _plays(item)]


def _plays(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    ground = call.params.get("bridge") if call else None
    if ground == "moto":
        return any(item.get_closest_marker(mark) for mark in ("also_on_moto", "only_on_moto"))
    return ground is None or item.get_closest_marker("only_on_moto") is None


@pytest.fixture(scope="session")
def sandbox() -> Iterator[tuple[str, str]]:
    """Both sandbox systems as servers, started once."""
    with servers() as addresses:
        yield addresses


@pytest.fixture
def bridge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, aws_environment: None) -> Iterator[Stage]:
    """The whole bridge, fresh for each test."""
    if request.param == "moto":
        with stage(monkeypatch, *request.getfixturevalue("sandbox")) as on_moto:
            yield on_moto
    else:
        with world_stage(monkeypatch) as in_world:
            yield in_world


@pytest.fixture
def by_rules(bridge: Stage, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a shop's own rules in force."""

    def put(document: str) -> None:
        made = parse_rules(document)
        monkeypatch.setattr(bridge.wiring, "rules_source", lambda: made, raising=False)

    return put


@pytest.fixture
def terminal(bridge: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """The command `bridge`, in front of the whole."""
    return Terminal(bridge, capsys, monkeypatch)


@pytest.fixture
def person(bridge: Stage) -> Iterator[Person]:
    """Somebody at KashFlow's own screens."""
    with Person(bridge.kashflow_url, transport=bridge.kashflow_transport) as somebody:
        yield somebody
