"""The AWS side of the integration tests: moto, filled from the real template and the real workflow file."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from threading import Lock
from typing import Any

import boto3
import pytest
from botocore.loaders import JSONFileLoader
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.dynamodb.responses import DynamoHandler
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from tests.deployed import HASH_KEY, NO_BUDGET, context, handler, template, workflow_definition

WAITS = {"RetryFirstWaitSeconds": "1", "UnknownOutcomeWaitSeconds": "1", "ParkedForSeconds": "600"}


@dataclass
class Cloud:
    """Names of what was made, and a record of every call of a step."""

    ledger_table: str
    order_queue_url: str
    backfill_queue_url: str
    dead_letter_url: str
    state_machine_arn: str
    step_calls: list[str] = field(default_factory=list)
    steps_under_way: list[str] = field(default_factory=list)

    def stop_runs(self) -> None:
        """Let no run live on into the next test: its threads would meet that test's systems."""
        workflows = boto3.client("stepfunctions")
        for run in workflows.list_executions(stateMachineArn=self.state_machine_arn, statusFilter="RUNNING")[
            "executions"
        ]:
            workflows.stop_execution(executionArn=run["executionArn"])
        until = time.monotonic() + 10
        while self.steps_under_way and time.monotonic() < until:
            time.sleep(0.01)


@contextmanager
def cloud(monkeypatch: pytest.MonkeyPatch, waits: dict[str, str] | None = None) -> Iterator[Cloud]:
    """Tables, queue, secrets and workflow in moto; the workflow's steps are the real handlers."""
    config: Any = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}
    with mock_aws(config=config):
        let_definitions_be_parsed_once(monkeypatch)
        _let_models_be_read_once(monkeypatch)
        resources = template()["Resources"]
        for name in ("LedgerTable", "IdempotencyTable"):
            _table(name, resources[name]["Properties"])
        sqs = boto3.client("sqs")
        made = Cloud(
            ledger_table="LedgerTable",
            order_queue_url=sqs.create_queue(QueueName="OrderQueue")["QueueUrl"],
            backfill_queue_url=sqs.create_queue(QueueName="BackfillQueue")["QueueUrl"],
            dead_letter_url=sqs.create_queue(QueueName="OrderDeadLetterQueue")["QueueUrl"],
            state_machine_arn=boto3.client("stepfunctions").create_state_machine(
                name="OrderToInvoice",
                definition=_definition(tuple((WAITS | (waits or {})).items())),
                roleArn="arn:aws:iam::123456789012:role/workflow",
            )["stateMachineArn"],
        )
        _secret("webhook", {"current": HASH_KEY, "previous": ""})
        _secret("chat", {"finance": "", "technical": ""})
        topics = {name: boto3.client("sns").create_topic(Name=name)["TopicArn"] for name in ("Finance", "Technical")}
        _let_steps_run(monkeypatch, made)
        _let_table_calls_take_turns(monkeypatch)
        for name, value in {
            "LEDGER_TABLE_NAME": made.ledger_table,
            "IDEMPOTENCY_TABLE_NAME": "IdempotencyTable",
            "ORDER_QUEUE_URL": made.order_queue_url,
            "BACKFILL_QUEUE_URL": made.backfill_queue_url,
            "PAYOUT_QUEUE_URL": sqs.create_queue(QueueName="PayoutQueue")["QueueUrl"],
            "STATE_MACHINE_ARN": made.state_machine_arn,
            "WEBHOOK_SECRET_NAME": "webhook",
            "KASHFLOW_SECRET_NAME": "kashflow",
            "ORDERCLOUD_SECRET_NAME": "ordercloud",
            "MAX_WEBHOOK_BYTES": "1048576",
            "COMMIT_SETTLE_SECONDS": "1",
            "FINANCE_TOPIC": topics["Finance"],
            "TECHNICAL_TOPIC": topics["Technical"],
            "CHAT_SECRET_NAME": "chat",
            **NO_BUDGET,
        }.items():
            monkeypatch.setenv(name, value)
        try:
            yield made
        finally:
            made.stop_runs()


def _table(name: str, properties: dict[str, Any]) -> None:
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    boto3.client("dynamodb").create_table(
        TableName=name, **{key: properties[key] for key in wanted if key in properties}
    )


def _secret(name: str, document: dict[str, str]) -> None:
    boto3.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(document))


def secrets_of_the_sandbox() -> None:
    """The credentials that the sandbox systems take."""
    _secret(
        "kashflow",
        {"username": "api@shop.example", "password": "sandbox-password", "memorable_word": "sandbox"},
    )
    _secret("ordercloud", {"client_id": "kashflow-bridge", "client_secret": "bridge-secret"})


@cache
def _definition(waits: tuple[tuple[str, str], ...]) -> str:
    return workflow_definition(dict(waits))


_parse = cache(AmazonStateLanguageParser.parse)


def let_definitions_be_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto parses a workflow's text when it is created and again at each start of a run; it is the same each time."""
    monkeypatch.setattr(AmazonStateLanguageParser, "parse", staticmethod(_parse))


_read_model = cache(partial(JSONFileLoader.load_file, JSONFileLoader()))


def _let_models_be_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto gives each test a session of its own, which reads the descriptions of all services from their files."""
    monkeypatch.setattr(JSONFileLoader, "load_file", lambda _, file_path: _read_model(file_path))


def _let_table_calls_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB carries out each call as a whole; moto's tables, called by several threads, do not by themselves."""
    turn, carry_out = Lock(), DynamoHandler.call_action

    def one_at_a_time(self: DynamoHandler) -> Any:
        with turn:
            return carry_out(self)

    monkeypatch.setattr(DynamoHandler, "call_action", one_at_a_time)


def _let_steps_run(monkeypatch: pytest.MonkeyPatch, made: Cloud) -> None:
    def invoke(
        _: Any, function_name: str, qualifier: str | None, body: Any, headers: Any, response_headers: Any
    ) -> bytes:
        folder = function_name.rpartition(":")[2]
        made.step_calls.append(folder)
        made.steps_under_way.append(folder)
        try:
            answer = handler(folder)(json.loads(body), context(folder))
        except Exception as error:
            response_headers["x-amz-function-error"] = "Unhandled"
            answer = {"errorType": type(error).__name__, "errorMessage": str(error)}
        finally:
            made.steps_under_way.remove(folder)
        return json.dumps(answer).encode()

    monkeypatch.setattr(LambdaSimpleBackend, "invoke", invoke)
