"""The rules in force: what AppConfig holds, read again after a minute; the default only where nothing is deployed."""

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.rules.document import default_rules
from sitecore_kashflow.rules.source import RulesPlace, rules_source
from tests.unit.doubles import Clock

PLACE = RulesPlace("app", "env", "rules")


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


def source(held: AppConfigData | None, clock: Clock) -> Any:
    return rules_source(held, PLACE, clock)  # type: ignore[arg-type]


def test_published_rules_hold_within_a_minute_of_their_publication(clock: Clock) -> None:
    held = AppConfigData("version: first")
    rules = source(held, clock)
    assert rules().version == "first"
    held.text = "version: second"
    clock.sleep(60)
    assert rules().version == "first"
    clock.sleep(1)
    assert rules().version == "second"


def test_wrong_document_is_refused_and_not_replaced_by_the_default(clock: Clock) -> None:
    with pytest.raises(PermanentError) as refused:
        source(AppConfigData("version: 1\nnonsense: 1"), clock)()
    assert refused.value.code == "RULES_INVALID"


@pytest.mark.parametrize("held", [AppConfigData(" \n"), AppConfigData(failure="ResourceNotFoundException")])
def test_default_holds_where_nothing_is_deployed(clock: Clock, held: AppConfigData) -> None:
    assert source(held, clock)() == default_rules()


def test_default_holds_where_there_is_nobody_to_ask(clock: Clock) -> None:
    assert source(None, clock)() == default_rules()


def test_default_does_not_hold_while_appconfig_is_away(clock: Clock) -> None:
    with pytest.raises(ClientError):
        source(AppConfigData(failure="ThrottlingException"), clock)()
