"""The stage of the integration tests."""

from collections.abc import Iterator

import pytest

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
