"""The rules in force: what AppConfig holds; if it has none any more, what it had; if it never had any, the default."""

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.observability import Metric
from sitecore_kashflow.rules.document import default_rules
from sitecore_kashflow.rules.source import RulesPlace, RulesSource
from sitecore_kashflow.runtime import kept_rules
from sitecore_kashflow.runtime.kept_rules import KeptRules
from tests.unit.doubles import Clock

PLACE = RulesPlace("app", "env", "rules")
GONE = ["ResourceNotFoundException", "BadRequestException"]


class AppConfigData:
    """Holds one document, or fails with an error code."""

    def __init__(self, text: str = "", failure: str = "") -> None:
        self.text = text
        self.failure = failure

    def start_configuration_session(self, **_: str) -> dict[str, str]:
        if self.failure:
            raise ClientError({"Error": {"Code": self.failure}}, "StartConfigurationSession")
        return {"InitialConfigurationToken": "token"}

    def get_latest_configuration(self, *, ConfigurationToken: str) -> dict[str, Any]:  # noqa: N803
        assert ConfigurationToken == "token"
        return {"Configuration": io.BytesIO(self.text.encode())}


@pytest.fixture
def table(memory_table: Any) -> Any:
    return memory_table


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Metric]:
    names: list[Metric] = []
    monkeypatch.setattr(kept_rules, "count", names.append)
    return names


def part_key(table: Any) -> dict[str, str]:
    """Where the only part of the remembered rules is."""
    record = table.get_item(Key={"pk": "RULES", "sk": "LAST"})["Item"]
    return {"pk": "RULES", "sk": f"{record['parts']}#0000"}


def source(held: AppConfigData, table: Any, clock: Clock) -> RulesSource:
    """A container's own."""
    return RulesSource(held, PLACE, KeptRules(table), clock)  # type: ignore[arg-type]


def test_published_rules_hold_within_a_minute_of_their_publication(table: Any, clock: Clock) -> None:
    held = AppConfigData("version: first")
    rules = source(held, table, clock)
    assert rules().version == "first"
    held.text = "version: second"
    clock.sleep(60)
    assert rules().version == "first"
    clock.sleep(1)
    assert rules().version == "second"


def test_wrong_document_is_refused_and_not_replaced_by_the_default(table: Any, clock: Clock) -> None:
    with pytest.raises(PermanentError) as refused:
        source(AppConfigData("version: 1\nnonsense: 1"), table, clock)()
    assert refused.value.code == "RULES_INVALID"


@pytest.mark.parametrize("held", [AppConfigData(" \n"), *(AppConfigData(failure=code) for code in GONE)])
def test_default_holds_where_nothing_was_ever_deployed(
    table: Any, clock: Clock, held: AppConfigData, counted: list[Metric]
) -> None:
    assert source(held, table, clock)() == default_rules()
    assert counted == []


@pytest.mark.parametrize("held", [AppConfigData(" \n"), *(AppConfigData(failure=code) for code in GONE)])
def test_rules_that_were_last_in_force_still_hold_in_every_container_when_appconfig_has_none_any_more(
    table: Any, clock: Clock, held: AppConfigData, counted: list[Metric]
) -> None:
    warm = AppConfigData("version: first")
    rules = source(warm, table, clock)
    rules()
    warm.text = "version: second"
    clock.sleep(61)
    assert rules().version == "second"
    warm.text, warm.failure = held.text, held.failure
    clock.sleep(61)
    assert rules().version == "second"
    assert source(held, table, clock)().version == "second"
    assert counted == [Metric.RULES_MISSING] * 2


def test_rules_that_were_never_good_are_not_remembered(table: Any, clock: Clock) -> None:
    source(AppConfigData("version: good"), table, clock)()
    with pytest.raises(PermanentError):
        source(AppConfigData("nonsense: 1"), table, clock)()
    assert source(AppConfigData(), table, clock)().version == "good"


def test_rules_of_which_a_part_is_gone_are_not_replaced_by_the_default(table: Any, clock: Clock) -> None:
    source(AppConfigData("version: good"), table, clock)()
    table.delete_item(Key=part_key(table))
    with pytest.raises(PermanentError, match="RULES_GONE"):
        source(AppConfigData(), table, clock)()


class Counting(KeptRules):
    """Counts what is written."""

    def __init__(self, table: Any) -> None:
        super().__init__(table)
        self.kept: list[str] = []

    def keep(self, text: str) -> None:
        self.kept.append(text)
        super().keep(text)


def test_rules_in_force_are_looked_up_once_by_a_container_and_never_expire(table: Any, clock: Clock) -> None:
    kept = Counting(table)
    rules = RulesSource(AppConfigData("version: first"), PLACE, kept, clock)  # type: ignore[arg-type]
    for _ in range(3):
        rules()
        clock.sleep(61)
    assert kept.kept == ["version: first"]
    assert "expires_at" not in table.get_item(Key=part_key(table))["Item"]


def test_default_does_not_hold_while_appconfig_is_away(table: Any, clock: Clock) -> None:
    with pytest.raises(ClientError):
        source(AppConfigData(failure="ThrottlingException"), table, clock)()


def test_every_document_that_was_ever_in_force_is_found_again(table: Any) -> None:
    kept = KeptRules(table)
    for text in ("version: first", "version: second", "version: first"):
        kept.keep(text)
    assert sorted(kept.texts()) == ["version: first", "version: second"]
