"""The environment of the simulated functions."""

import pytest

from tests.simulation.environment import ENVIRONMENT


@pytest.fixture(autouse=True)
def simulated(monkeypatch: pytest.MonkeyPatch, aws_environment: None) -> None:
    """What the template gives the functions."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
