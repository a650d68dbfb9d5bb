"""What a door reads from its environment: all that is wrong is named at once, and nothing of it is quoted."""

from typing import NamedTuple

import pytest

from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.runtime.settings import (
    CommitSettings,
    IngestSettings,
    KashflowSettings,
    OrdercloudSettings,
    RulesSettings,
    ServiceSettings,
    read_settings,
)
from tests.deployed import template

SECRET = "hunter2"


class Sample(NamedTuple):
    sample_name: str
    sample_count: int
    sample_speed: float = 2.5
    sample_note: str = ""


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set but what a test sets."""
    for name in (
        *("SAMPLE_NAME", "SAMPLE_COUNT", "SAMPLE_SPEED", "SAMPLE_NOTE"),
        *("WEBHOOK_SECRET_NAME", "MAX_WEBHOOK_BYTES", "COMMIT_SETTLE_SECONDS", "STEP_TIME_LIMIT_SECONDS"),
        *("KASHFLOW_URL", "KASHFLOW_SECRET_NAME", "ORDERCLOUD_URL", "ORDERCLOUD_SECRET_NAME"),
        *("RULES_APPLICATION", "RULES_ENVIRONMENT", "RULES_PROFILE", "POWERTOOLS_SERVICE_NAME"),
        *(
            f"{system}_{what}"
            for system in ("KASHFLOW", "ORDERCLOUD")
            for what in ("CALLS_PER_SECOND", "PARALLEL_CALLS")
        ),
    ):
        monkeypatch.delenv(name, raising=False)


def set_all(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def refusal(model: type) -> PermanentError:
    with pytest.raises(PermanentError) as refused:
        read_settings(model)
    assert refused.value.code == "SETTINGS_WRONG"
    assert SECRET not in str(refused.value)
    return refused.value


def test_settings_are_read_by_their_names_and_kinds_and_may_have_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, SAMPLE_NAME="7", SAMPLE_COUNT="7")
    assert read_settings(Sample) == Sample("7", 7, 2.5, "")
    set_all(monkeypatch, SAMPLE_SPEED="0.5", SAMPLE_NOTE="x")
    assert read_settings(Sample) == Sample("7", 7, 0.5, "x")


def test_missing_and_wrong_settings_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, SAMPLE_COUNT=SECRET, SAMPLE_SPEED=SECRET)
    assert refusal(Sample).words == (
        "Environment variables are missing or wrong: SAMPLE_NAME, SAMPLE_COUNT, SAMPLE_SPEED. Deploy the stack again."
    )


@pytest.mark.parametrize("wrong", ["", "1.5", "many", "1e3", SECRET])
def test_a_number_that_is_none_is_named_and_not_quoted(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    set_all(monkeypatch, WEBHOOK_SECRET_NAME="webhook", MAX_WEBHOOK_BYTES=wrong)
    assert "missing or wrong: MAX_WEBHOOK_BYTES." in refusal(IngestSettings).words


def test_a_setting_with_a_default_may_be_wrong_too(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, COMMIT_SETTLE_SECONDS="60", STEP_TIME_LIMIT_SECONDS="two minutes")
    assert "missing or wrong: STEP_TIME_LIMIT_SECONDS." in refusal(CommitSettings).words


def test_what_has_only_defaults_needs_no_environment() -> None:
    assert read_settings(RulesSettings) == RulesSettings("", "", "")
    assert read_settings(ServiceSettings) == ServiceSettings("sitecore-kashflow")


@pytest.mark.parametrize(
    "written", ["https://api.kashflow.com/v2", "https://api.kashflow.com/v2/", "https://api.kashflow.com"]
)
def test_the_address_of_kashflow_is_completed(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    set_all(monkeypatch, KASHFLOW_URL=written, KASHFLOW_SECRET_NAME="kashflow")
    assert read_settings(KashflowSettings).base_url == "https://api.kashflow.com/v2"


@pytest.mark.parametrize(
    "written", ["https://api.ordercloud.io", "https://api.ordercloud.io/v1/", "https://api.ordercloud.io/v1"]
)
def test_the_address_of_ordercloud_is_its_host(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    set_all(monkeypatch, ORDERCLOUD_URL=written, ORDERCLOUD_SECRET_NAME="ordercloud")
    assert read_settings(OrdercloudSettings).base_url == "https://api.ordercloud.io"


def test_budgets_have_the_defaults_of_the_template(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, KASHFLOW_URL="x", KASHFLOW_SECRET_NAME="x", ORDERCLOUD_URL="x", ORDERCLOUD_SECRET_NAME="x")
    kashflow, ordercloud = read_settings(KashflowSettings), read_settings(OrdercloudSettings)
    parameters = template()["Parameters"]
    assert {
        "KashflowCallsPerSecond": kashflow.kashflow_calls_per_second,
        "KashflowParallelCalls": kashflow.kashflow_parallel_calls,
        "OrdercloudCallsPerSecond": ordercloud.ordercloud_calls_per_second,
        "OrdercloudParallelCalls": ordercloud.ordercloud_parallel_calls,
    } == {
        name: parameters[name]["Default"]
        for name in (
            *("KashflowCallsPerSecond", "KashflowParallelCalls"),
            *("OrdercloudCallsPerSecond", "OrdercloudParallelCalls"),
        )
    }
