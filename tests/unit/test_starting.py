"""The garbage collector rests while a Lambda starts up, and nowhere else."""

import gc
from collections.abc import Iterator

import pytest

from sitecore_kashflow.runtime import starting
from tests.deployed import context, handler


@pytest.fixture(autouse=True)
def collector_as_it_was() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.enable()
    yield
    gc.enable() if was_on else gc.disable()


def test_the_collector_is_off_until_the_first_call_of_a_door(monkeypatch: pytest.MonkeyPatch) -> None:
    door = handler("ingest_ordercloud")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "ingest_ordercloud")
    starting.begin()
    assert not gc.isenabled()
    door({}, context("ingest_ordercloud"))
    assert gc.isenabled()


@pytest.mark.parametrize("is_on", [True, False])
def test_outside_lambda_the_collector_is_left_alone(monkeypatch: pytest.MonkeyPatch, is_on: bool) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    gc.enable() if is_on else gc.disable()
    starting.begin()
    starting.end()
    assert gc.isenabled() is is_on
