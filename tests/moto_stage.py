"""The stage on moto: real doors and the real workflow file there, the sandbox systems on loopback ports, true time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import httpx
import pytest

from sandbox.kashflow.app import create_app as kashflow_app
from sandbox.ordercloud.app import create_app as ordercloud_app
from sandbox.shared.serve import running
from sandbox.witness import Books
from sitecore_kashflow.runs.records import PARKED, SubjectRecord
from sitecore_kashflow.runtime.wiring import Wiring, use
from tests.cloud import Cloud, cloud, secrets_of_the_sandbox
from tests.deployed import context, handler
from tests.stage import Shop, Stage


def _line() -> httpx.HTTPTransport:
    """A line to a server on this machine: without all certificates of the world, which take long to read."""
    return httpx.HTTPTransport(verify=False)


_CONTROL = httpx.Client(transport=_line())
"""Sets the sandbox systems."""


class MotoStage(Stage):
    """The AWS side is moto; the systems are servers, and time is true."""

    aws = boto3

    def __init__(self, made: Cloud, kashflow_url: str, ordercloud_url: str) -> None:
        self.cloud, self.step_calls = made, made.step_calls
        self.kashflow_url, self.ordercloud_url = kashflow_url, ordercloud_url
        self.shop, self.books, self.wiring = (
            Shop(ordercloud_url, _line()),
            Books(kashflow_url, transport=_line()),
            use(Wiring()),
        )
        self._workflows, self._queues = boto3.client("stepfunctions"), boto3.client("sqs")

    def close(self) -> None:
        for one in (self.shop, self.books, self.wiring):
            one.close()

    def switch(self, system: str, **positions: str) -> None:
        self._control(system, "PUT", "/_sandbox/switches", positions)

    def fault(self, system: str, **plan: Any) -> None:
        self._control(system, "POST", "/_sandbox/faults", plan)

    def calls(self, system: str) -> dict[str, int]:
        told: dict[str, int] = self._control(system, "GET", "/_sandbox/calls")["by_route"]
        self._control(system, "DELETE", "/_sandbox/calls")
        return told

    def change_account(self, **settings: str) -> None:
        self._control("kashflow", "PUT", "/_sandbox/account", settings)

    def consume(self) -> None:
        sqs, url = self._queues, self.cloud.order_queue_url
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            records = [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": {},
                    "messageAttributes": {},
                    "eventSource": "aws:sqs",
                    "eventSourceARN": "arn:aws:sqs:eu-west-2:123456789012:OrderQueue",
                    "awsRegion": "eu-west-2",
                }
                for message in messages
            ]
            answer = handler("process_order")({"Records": records}, context("process_order"))
            failed = {row["itemIdentifier"] for row in answer["batchItemFailures"]}
            for message in messages:
                if message["MessageId"] not in failed:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def executions(self) -> list[dict[str, Any]]:
        listed = self._workflows.list_executions(stateMachineArn=self.cloud.state_machine_arn)
        return [dict(one) for one in listed["executions"]]

    def given_to(self, run: dict[str, Any]) -> str:
        return str(self._workflows.describe_execution(executionArn=run["executionArn"])["input"])

    def start_run(self, name: str, given: str) -> dict[str, Any]:
        self._workflows.start_execution(stateMachineArn=self.cloud.state_machine_arn, name=name, input=given)
        return next(run for run in self.executions() if run["name"] == name)

    def settle(self) -> None:
        self.wait_for(self._is_settled)

    def _is_settled(self) -> bool:
        """Moto is not asked while a step is under way: it would only keep that step waiting."""
        steps = self.cloud.steps_under_way
        return not steps and len(self._running()) <= len(self._parked()) and not steps

    def wait_for(self, happened: Callable[[], bool], seconds: float = 20) -> None:
        until = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > until:
                raise AssertionError(f"not within {seconds} s; running: {[run['name'] for run in self._running()]}")
            time.sleep(0.02)

    def _running(self) -> list[dict[str, Any]]:
        return [one for one in self.executions() if one["status"] == "RUNNING"]

    def _parked(self) -> list[SubjectRecord]:
        return [one for one in self.wiring.runs.in_state(PARKED) if one.parking.token]

    def _control(self, system: str, method: str, path: str, body: Any = None) -> Any:
        url = self.kashflow_url if system == "kashflow" else self.ordercloud_url
        answer = _CONTROL.request(method, f"{url}{path}", json=body)
        if answer.is_error:
            raise AssertionError(f"{method} {path}: {answer.text}")
        return answer.json() if answer.text else None


@contextmanager
def servers() -> Iterator[tuple[str, str]]:
    """Both sandbox systems, on free loopback ports: addresses of KashFlow and OrderCloud."""
    with running(kashflow_app()) as kashflow_url, running(ordercloud_app()) as ordercloud_url:
        yield kashflow_url, ordercloud_url


@contextmanager
def stage(
    monkeypatch: pytest.MonkeyPatch, kashflow_url: str, ordercloud_url: str, waits: dict[str, str] | None = None
) -> Iterator[MotoStage]:
    """Both systems fresh from their seed, an empty ledger, and the bridge wired to them."""
    for url in (kashflow_url, ordercloud_url):
        _CONTROL.post(f"{url}/_sandbox/reset").raise_for_status()
        _CONTROL.delete(f"{url}/_sandbox/faults").raise_for_status()
    with cloud(monkeypatch, waits) as made:
        secrets_of_the_sandbox()
        monkeypatch.setenv("KASHFLOW_URL", kashflow_url)
        monkeypatch.setenv("ORDERCLOUD_URL", ordercloud_url)
        ready = MotoStage(made, kashflow_url, ordercloud_url)
        try:
            yield ready
        finally:
            ready.close()
