"""`make deploy` a second time, and `make upgrade`: the first one's answers and secrets are kept."""

from typing import Any

import pytest
from samcli.commands.deploy.deploy_context import DeployContext

from sandbox.account import changed_parameters, sam_command
from sandbox.addresses import StackError
from tests.deployed import template

BUILT_FOR = ["Runtime=python3.13", "Architecture=arm64"]


@pytest.fixture(autouse=True)
def no_stack_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STACK", raising=False)


def sent(command: list[str]) -> dict[str, Any]:
    """What SAM sends to CloudFormation for each parameter."""
    words = command[command.index("--parameter-overrides") + 1 :]
    given = dict(word.split("=", 1) for word in words)
    merged = DeployContext.merge_parameters(dict(template()), given)
    return {one["ParameterKey"]: one.get("ParameterValue", "as before") for one in merged}


def test_first_deployment_asks_for_everything() -> None:
    assert sam_command("deploy", BUILT_FOR, is_there=False)[:2] == ["deploy", "--guided"]


@pytest.mark.parametrize("verb", ["deploy", "upgrade"])
def test_later_deployment_keeps_answers_and_secrets(verb: str) -> None:
    command = sam_command(verb, BUILT_FOR, is_there=True)
    assert "--guided" not in command
    kept = {name for name, value in sent(command).items() if value == "as before"}
    assert kept == set(template()["Parameters"]) - {"Runtime", "Architecture"}
    assert {"KashflowPassword", "AlarmEmail", "KashflowCallsPerSecond"} <= kept


def test_later_deployment_changes_what_it_is_told() -> None:
    changes = changed_parameters("Mode=live 'AlarmEmail=ops team@shop.example'")
    values = sent(sam_command("deploy", [*BUILT_FOR, *changes], is_there=True))
    assert (values["Mode"], values["AlarmEmail"]) == ("live", "ops team@shop.example")
    assert values["KashflowPassword"] == "as before"


def test_upgrade_asks_nothing_and_deploy_shows_the_changes_first() -> None:
    assert "--no-confirm-changeset" in sam_command("upgrade", BUILT_FOR, is_there=True)
    assert "--no-confirm-changeset" not in sam_command("deploy", BUILT_FOR, is_there=True)


def test_upgrade_of_no_stack_is_refused() -> None:
    with pytest.raises(StackError, match="make deploy"):
        sam_command("upgrade", BUILT_FOR, is_there=False)


def test_another_stack_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK", "shop-two")
    command = sam_command("deploy", BUILT_FOR, is_there=True)
    assert command[command.index("--stack-name") + 1] == "shop-two"


@pytest.mark.parametrize("text", ["Mod=live", "Mode", "live"])
def test_change_of_what_is_no_parameter_is_refused(text: str) -> None:
    """SAM itself would leave it out without a word."""
    with pytest.raises(StackError, match=text):
        changed_parameters(text)
