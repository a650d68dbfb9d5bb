"""The command `bridge` without a stage: how it reads, ends and prints; its words for what rarely happens."""

import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from sitecore_kashflow.bridge.__main__ import connect, main
from sitecore_kashflow.bridge.executions import run_shown
from sitecore_kashflow.bridge.stack import Stack
from sitecore_kashflow.bridge.text import lines
from sitecore_kashflow.bridge.values import (
    DetailedOrder,
    DocumentShown,
    Lease,
    ListedOrder,
    Money,
    RunShown,
    ShownOrder,
    Sums,
)
from sitecore_kashflow.bridge.words import age, listed, moment
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.observability import LogCode, logger, note
from sitecore_kashflow.runtime.kept_rules import KeptRules
from sitecore_kashflow.runtime.wiring import Wiring
from tests.unit.test_publish_rules import AppConfig

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 27, 12, 3, tzinfo=UTC)
OUTPUTS = ("RulesApplicationId", "RulesEnvironmentId", "RulesProfileId", "RulesDeploymentStrategyId")
DESCRIBED = {"Stacks": [{"Outputs": [{"OutputKey": name, "OutputValue": name} for name in OUTPUTS]}]}


def refuse(asked: Namespace) -> tuple[Wiring, Stack]:
    """An account without such a stack."""
    told: Any = {"Error": {"Code": "ValidationError", "Message": f"Stack with id {asked.stack} does not exist"}}
    raise ClientError(told, "DescribeStacks")


def test_command_without_a_stack_says_how_to_name_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("BRIDGE_STACK", raising=False)
    assert main(["list"], refuse) == 2
    assert "which stack? Give --stack NAME, or set BRIDGE_STACK" in capsys.readouterr().err


def test_what_aws_refuses_is_told_in_its_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BRIDGE_STACK", "nowhere")
    assert main(["list", "--json"], refuse) == 1
    out, err = capsys.readouterr()
    assert "Stack with id nowhere does not exist" in err
    assert json.loads(out)["error"]["code"] == "AWS"


def test_profile_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--stack", "any", "--profile", "nobody", "list"]) == 1
    assert "The config profile (nobody) could not be found" in capsys.readouterr().err


def test_stack_is_entered_by_its_outputs_and_parameters_and_the_log_is_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    described = {
        "Outputs": [{"OutputKey": "LedgerTableName", "OutputValue": "table"}],
        "Parameters": [{"ParameterKey": "KashflowUrl", "ParameterValue": "https://books"}],
    }
    asked: list[tuple[Any, ...]] = []

    class Session:
        def __init__(self, **account: str) -> None:
            asked.append(tuple(account.values()))

        def client(self, _service: str) -> Any:
            return SimpleNamespace(describe_stacks=lambda StackName: {"Stacks": [described]})  # noqa: N803

    monkeypatch.setattr("boto3.Session", Session)
    for name in ("LEDGER_TABLE_NAME", "KASHFLOW_URL"):
        monkeypatch.setenv(name, "other")
    level = logger.log_level
    try:
        connect(Namespace(stack="s", profile="p", region="eu-west-2", needs_stack=True))
        note(LogCode.STEP_BROKEN)
        assert capsys.readouterr().out == ""
    finally:
        logger.setLevel(level)
    assert asked == [("p", "eu-west-2")]
    assert (os.environ["LEDGER_TABLE_NAME"], os.environ["KASHFLOW_URL"]) == ("table", "https://books")


def test_publish_puts_a_document_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], memory_table: Any
) -> None:
    appconfig, path = AppConfig(), tmp_path / "rules.yaml"
    wiring: Any = Wiring()
    wiring.table = memory_table
    path.write_text("version: 7\n", "utf-8")
    clients: Mapping[str, Any] = {
        "appconfig": appconfig,
        "cloudformation": SimpleNamespace(describe_stacks=lambda **_: DESCRIBED),
    }
    stack = Stack("s", SimpleNamespace(client=clients.__getitem__))
    assert main(["--stack", "s", "publish", str(path), "--json"], lambda _: (wiring, stack)) == 0
    assert json.loads(capsys.readouterr().out) == {"rules": "7", "appconfig_version": 1}
    assert appconfig.deployed[0]["DeploymentStrategyId"] == "RulesDeploymentStrategyId"
    path.write_text("vat: {clases: {}}\n", "utf-8")
    assert main(["--stack", "s", "publish", str(path)], lambda _: (wiring, stack)) == 1


def test_publish_refuses_other_rules_under_a_version_that_was_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], memory_table: Any
) -> None:
    path = tmp_path / "rules.yaml"
    wiring: Any = Wiring()
    wiring.table = memory_table
    KeptRules(memory_table).keep('{"version": "7", "vat": {"class_when_missing": "zero"}}')
    path.write_text("version: 7\n", "utf-8")
    nothing = Stack("s", SimpleNamespace(client=lambda _: SimpleNamespace(describe_stacks=lambda **_: DESCRIBED)))
    assert main(["--stack", "s", "publish", str(path)], lambda _: (wiring, nothing)) == 1
    assert "Other rules were in force as version 7" in capsys.readouterr().err


def test_command_ends_with_its_status_as_a_process(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(ROOT / "layers" / "common"), "PATH": os.environ["PATH"]}
    for words, status in ((["rules", "schema"], 0), (["rules", "check", "nowhere.yaml"], 1), (["mend"], 2)):
        command = [sys.executable, "-m", "sitecore_kashflow.bridge", *words]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr


def shown(state: str, *documents: DocumentShown, **lease: Any) -> list[str]:
    """An order in words, for a bookkeeper."""
    value = shown_order(state, *documents, **lease)
    return cast(list[str], list(lines(value)))


def detailed(state: str, *documents: DocumentShown, **lease: Any) -> list[str]:
    """The same in detail."""
    value = DetailedOrder(**vars(shown_order(state, *documents, **lease)))
    return cast(list[str], list(lines(value)))


def shown_order(state: str, *documents: DocumentShown, **lease: Any) -> ShownOrder:
    order = ListedOrder("A-1", state, NOON, 90_000, reason="booked by hand" if state == "abandoned" else "")
    held = replace(Lease(2, is_open=False, opened_at=NOON, step_entered_at=None, retries=0), **lease)
    runs = (RunShown(2, "arn:2", "FORGOTTEN"),)
    return ShownOrder(order, "order:ordercloud:A-1", "", "", 3, 1, (), held, runs, documents, (), {})


@pytest.mark.parametrize("state", list(OrderState))
def test_every_state_is_told_in_a_sentence_with_its_moment(state: OrderState) -> None:
    told = shown(state)[0]
    assert told.endswith(".")
    assert "27 November 2026, 12:03 UTC (1 day ago)" in told
    assert "A-1" in told
    assert "{" not in told


def test_state_of_another_kind_of_subject_is_told_too() -> None:
    assert shown("in stock")[0] == "A-1 has been in stock since 27 November 2026, 12:03 UTC (1 day ago)."


def test_document_is_told_as_far_as_the_ledger_knows_it() -> None:
    def document(kind: str, status: str, **more: Any) -> DocumentShown:
        sums = Sums(Decimal("1.00"), Decimal("0.20"), Decimal("1.20"), "GBP")
        return DocumentShown(kind, "ref", status, sums, "W1", "v1", **more)

    told = shown(
        "paid",
        document("invoice", "unposted"),
        document("invoice", "in doubt", in_doubt_until=NOON),
        document("receipt", "standing", number=7),
        document("invoice", "standing", number=7, is_adopted=True, carries={"p": Money(Decimal("1.20"), "GBP")}),
    )
    assert told[1] == "The invoice ref is not in KashFlow."
    assert told[2].startswith("The invoice ref may be in KashFlow: its answer was lost. A run looks again after 27 ")
    assert told[3] == "The receipt of payment ref over 1.20 GBP is on invoice 7, but was not read back yet."
    assert told[4].startswith("Invoice 7, found there and not posted again, is in KashFlow, but was not read back yet")


def test_events_and_the_run_that_holds_the_order_are_told() -> None:
    assert shown("opened", is_open=True)[-1] == "The bridge is working on it now."
    told = detailed("opened", is_open=True, step_entered_at=NOON, retries=2)
    assert "3 events came; 2 since the order was last read." in told
    assert any(
        one.endswith("Its step began on 27 November 2026, 12:03 UTC, and has been tried again 2 times.") for one in told
    )
    assert told[-1] == "Run 2: Step Functions remembers nothing of it. (arn:2)"


def test_runs_of_an_order_are_told_in_utc_with_the_names_of_errors_alone() -> None:
    local = NOON.astimezone(timezone(timedelta(hours=1)))
    events = [
        {"type": "TaskStateEntered", "timestamp": local, "stateEnteredEventDetails": {"name": "CreateInvoice"}},
        {
            "type": "LambdaFunctionFailed",
            "timestamp": local,
            "lambdaFunctionFailedEventDetails": {"error": "RetryableError", "cause": "Ada Field"},
        },
        {"type": "LambdaFunctionTimedOut", "timestamp": local, "lambdaFunctionTimedOutEventDetails": {}},
    ]
    client = SimpleNamespace(
        describe_execution=lambda **_: {"status": "RUNNING", "startDate": local},
        get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: [{"events": events}]),
    )
    run = run_shown(client, "arn:stateMachine:m", "order:ordercloud:A-1", 3)
    assert [(one.step, one.error) for one in run.attempts] == [
        ("CreateInvoice", ""),
        ("CreateInvoice", "RetryableError"),
        ("CreateInvoice", "LambdaFunctionTimedOut"),
    ]
    assert run.started_at is not None
    assert run.started_at.utcoffset() == timedelta(0)
    assert "Ada" not in repr(run)


def test_stack_that_is_not_there_is_told_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    def describe(StackName: str) -> Any:  # noqa: N803
        told: Any = {"Error": {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}}
        raise ClientError(told, "DescribeStacks")

    aws = SimpleNamespace(client=lambda _: SimpleNamespace(describe_stacks=describe))

    def enter(asked: Namespace) -> tuple[Wiring, Stack]:
        Stack(asked.stack, aws).enter()
        raise AssertionError

    assert main(["--stack", "nowhere", "list"], enter) == 1
    said = capsys.readouterr().err
    assert said.startswith("AWS has no stack nowhere in this account and region.")
    assert "An error occurred" not in said


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1"), (2, "1 and 2"), (3, "1, 2 and 3"), (12, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more")],
)
def test_names_are_listed_up_to_ten(number: int, words: str) -> None:
    assert listed([str(one) for one in range(1, number + 1)]) == words


@given(st.integers(0, 10**9))
def test_age_is_never_less_than_one_of_its_unit(seconds: int) -> None:
    number, unit = age(seconds).split()
    assert int(number) >= 1 or seconds == 0
    assert unit.rstrip("s") in ("second", "minute", "hour", "day")
    assert unit.endswith("s") == (int(number) != 1)


def test_moment_is_read_as_people_write_it() -> None:
    assert moment(NOON + timedelta(days=4)) == "1 December 2026, 12:03 UTC"
