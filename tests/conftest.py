"""What every test has: fake AWS credentials, sample events by name, and the tests it runs beside."""

import gc
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from sitecore_kashflow.observability import logger

ROOT = Path(__file__).resolve().parent.parent


_ONE_BY_ONE = {
    f"tests/simulation/test_{name}.py"
    for name in (
        "budget",
        "every_fault",
        "exactly_once",
        "money_by_itself",
        "more_walks",
        "numbering",
        "second_shop",
        "strict_world",
        "subject_without_workflow",
        "sweep",
        "trial_kind",
        "watch",
    )
} | {"tests/drill/test_drills.py"}
"""Files whose tests are long and share nothing: each of them goes to whichever worker is free."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One for each core, and one more: the tests on a local AWS wait for it most of the time."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Where several workers run side by side, the tests of a file stay together; so do all that need a local AWS."""
    return _Scheduling(config, log)


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith("tests/e2e/"):
            return "e2e"
        return nodeid if file in _ONE_BY_ONE else file


def pytest_collection_finish() -> None:
    """What all tests share stays till the end: the collector need not look at it again and again, nor so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(autouse=True)
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may reach a real account, whatever the machine's own configuration says."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-2",
        "AWS_EC2_METADATA_DISABLED": "true",
        "POWERTOOLS_SERVICE_NAME": "sitecore-kashflow",
        "POWERTOOLS_METRICS_NAMESPACE": "SitecoreKashflow",
    }.items():
        monkeypatch.setenv(name, value)


_LEVEL = logger.log_level


@pytest.fixture(autouse=True)
def log_level() -> Iterator[None]:
    """What silences the log, as the simulated world does, silences it for one test alone."""
    yield
    logger.setLevel(_LEVEL)


@pytest.fixture
def sample_event() -> Callable[[str], dict[str, Any]]:
    """Load a sample of `events/` by its file name without `.json`."""

    def load(name: str) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8"))
        return loaded

    return load
