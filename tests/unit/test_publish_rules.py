"""Rules are put in force as AppConfig takes them: JSON that its validator passes, the same as was written."""

import json
from importlib import import_module, resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.rules.document import default_rules, parse_rules
from sitecore_kashflow.rules.publish import Published, publish_rules, published_form
from sitecore_kashflow.rules.schema import validator_schema
from sitecore_kashflow.rules.source import RulesPlace

DRAFT_4 = import_module("jsonschema").Draft4Validator
PLACE = RulesPlace("app", "env", "rules")
DEFAULT = resources.files("sitecore_kashflow.rules").joinpath("default_rules.yaml").read_text("utf-8")
OWN = """
version: 7
vat: {classes: {standard: {rate: 20.0}, reduced: {rate: 5}, zero: {rate: 0}, exempt: {rate: 0, box: exempt}}}
currency: {rates: dated, dated: {EUR: {2026-11-01: 1.1527}}}
"""


class AppConfig:
    """Refuses what its validator refuses, and has every deployment end in a given state at the second look."""

    def __init__(self, ends: str = "COMPLETE") -> None:
        self.contents: list[bytes] = []
        self.deployed: list[dict[str, str]] = []
        self._states = iter(["DEPLOYING", *[ends] * 100])

    def create_hosted_configuration_version(self, *, Content: bytes, ContentType: str, **_: str) -> dict[str, int]:  # noqa: N803
        assert ContentType == "application/json"
        DRAFT_4(validator_schema()).validate(json.loads(Content))
        self.contents.append(Content)
        return {"VersionNumber": len(self.contents)}

    def start_deployment(self, **asked: str) -> dict[str, int]:
        self.deployed.append(asked)
        return {"DeploymentNumber": 1}

    def get_deployment(self, **_: Any) -> dict[str, str]:
        return {"State": next(self._states)}


def publish(text: str, client: Any) -> Published:
    return publish_rules(text, client, PLACE, "at-once", sleep=lambda _: None)


@pytest.mark.parametrize("text", [DEFAULT, OWN, "version: '1'"])
def test_the_published_form_reads_as_what_was_written(text: str) -> None:
    assert parse_rules(published_form(text).decode("utf-8")) == parse_rules(text)


def test_published_rules_are_deployed_as_a_new_version() -> None:
    appconfig = AppConfig()
    assert publish(OWN, appconfig) == Published("7", 1)
    (deployed,) = appconfig.deployed
    assert (deployed["ConfigurationVersion"], deployed["DeploymentStrategyId"]) == ("1", "at-once")


def test_a_wrong_document_is_never_published() -> None:
    appconfig = AppConfig()
    with pytest.raises(PermanentError, match=r"vat.clases: "):
        publish("vat: {clases: {}}", appconfig)
    assert (appconfig.contents, appconfig.deployed) == ([], [])


def test_a_deployment_that_does_not_end_well_is_told() -> None:
    with pytest.raises(PermanentError, match="their deployment is ROLLED_BACK"):
        publish(OWN, AppConfig("ROLLED_BACK"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"vat": {"clases": {}}},
        {"orders": {"bundles": "sell"}},
        {"vat": {"classes": {"standard": {"rate": 200}}}},
        {"vat": {"classes": {"standard": {"exempt": True}}}},
        {"version": 7},
        {"somewhere": {}},
    ],
)
def test_the_validator_refuses_what_the_model_refuses(wrong: dict[str, Any]) -> None:
    assert list(DRAFT_4(validator_schema()).iter_errors(wrong))


def test_the_template_holds_the_validator_of_the_model() -> None:
    class Template(yaml.SafeLoader):
        """Reads CloudFormation's short forms as nothing."""

    Template.add_multi_constructor("!", lambda *_: None)
    text = (Path(__file__).resolve().parents[2] / "template.yaml").read_text("utf-8")
    profile = yaml.load(text, Loader=Template)["Resources"]["RulesProfile"]["Properties"]  # noqa: S506 -- our own file
    (validator,) = profile["Validators"]
    assert validator["Type"] == "JSON_SCHEMA"
    assert json.loads(validator["Content"]) == validator_schema(), "run `make schema` and commit template.yaml"
    assert len(validator["Content"]) < 32 * 1024
    DRAFT_4.check_schema(validator_schema())


def test_the_default_needs_no_publishing() -> None:
    assert parse_rules(DEFAULT) == default_rules()
