"""The environment of the simulated functions."""

import pytest

from tests.simulation.environment import ENVIRONMENT, PUBLISHED_RULES


@pytest.fixture(autouse=True)
def simulated(monkeypatch: pytest.MonkeyPatch, aws_environment: None) -> None:
    """What the template gives the functions."""
    for name, value in {**ENVIRONMENT, **PUBLISHED_RULES}.items():
        monkeypatch.setenv(name, value)
