"""The stage of the integration tests."""

from collections.abc import Callable, Iterator

import pytest

from sitecore_kashflow.rules.model import parse_rules
from tests.stage import Stage, servers, stage


@pytest.fixture(scope="session")
def sandbox() -> Iterator[tuple[str, str]]:
    """Both sandbox systems, started once."""
    with servers() as addresses:
        yield addresses


@pytest.fixture
def bridge(monkeypatch: pytest.MonkeyPatch, sandbox: tuple[str, str], aws_environment: None) -> Iterator[Stage]:
    """The whole bridge, fresh for each test."""
    with stage(monkeypatch, *sandbox) as made:
        yield made


@pytest.fixture
def by_rules(bridge: Stage, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a shop's own rules in force."""

    def put(document: str) -> None:
        made = parse_rules(document)
        monkeypatch.setattr(bridge.wiring, "rules", lambda: made)

    return put
