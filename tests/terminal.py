"""The command `bridge` in front of a stage: the stack is the stage's, and its functions are the real handlers."""

import io
import json
from argparse import Namespace
from collections import defaultdict
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from sitecore_kashflow.bridge.__main__ import main
from sitecore_kashflow.bridge.stack import Stack
from sitecore_kashflow.runtime.wiring import Wiring
from tests.deployed import context, handler
from tests.stage import Stage

FUNCTIONS = {"SweepOrdersFunction": "sweep_orders", "ParkOrderFunction": "park_order"} | {
    "ImportPayoutFunction": "import_payout",
    "WatchDuplicatesFunction": "watch_duplicates",
    "NotifyPeopleFunction": "notify_people",
    "ReconcileBooksFunction": "reconcile_books",
}

_LOGGED = ('{"_aws"', '{"level"')
"""What the functions print, which run in the same process."""


class Said(NamedTuple):
    """What the command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def value(self) -> Any:
        """The one JSON document."""
        return json.loads(self.out)


class Terminal:
    """Somebody at a terminal, or a script (`types` is None)."""

    def __init__(self, bridge: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.aws = StageAws(bridge)
        self._bridge, self._capsys, self._monkeypatch = bridge, capsys, monkeypatch

    def run(self, *words: str, types: str | None = None) -> Said:
        self._capsys.readouterr()
        with self._monkeypatch.context() as here:
            typed = io.StringIO(types or "")
            typed.isatty = lambda: types is not None  # type: ignore[method-assign]
            here.setattr("sys.stdin", typed)
            here.setattr("sys.stderr.isatty", lambda: types is not None, raising=False)
            status = main(["--stack", "of-the-test", *words], self._connected)
        out, err = self._capsys.readouterr()
        return Said(status, "".join(one for one in out.splitlines(keepends=True) if not one.startswith(_LOGGED)), err)

    def value(self, *words: str) -> Any:
        """What it answers as JSON, when all goes well."""
        said = self.run(*words, "--json")
        assert said.status == 0, said
        return said.value

    def _connected(self, asked: Namespace) -> tuple[Wiring, Stack]:
        return self._bridge.wiring, Stack(asked.stack, self.aws)


class StageAws:
    """The stage's AWS, and what an operator uses beside it: the stack, its functions, its dead letters."""

    def __init__(self, bridge: Stage) -> None:
        self.letters = defaultdict[str, dict[str, str]](dict)
        self.failing: dict[str, str] = {}
        self._bridge = bridge

    def client(self, service: str) -> Any:
        clients = {"cloudformation": self._stacks, "lambda": self._functions, "sqs": self._queues}
        return clients[service]() if service in clients else _Remembering(self._bridge.aws.client(service))

    def put_letter(self, queue: str, body: str) -> None:
        self.letters[queue][f"letter-{len(self.letters[queue])}"] = body

    def _stacks(self) -> Any:
        def named(LogicalResourceId: str, **_: str) -> Any:  # noqa: N803
            return {"StackResourceDetail": {"PhysicalResourceId": LogicalResourceId}}

        return SimpleNamespace(describe_stack_resource=named)

    def _functions(self) -> Any:
        def invoke(FunctionName: str, Payload: bytes, **_: str) -> Any:  # noqa: N803
            if FunctionName in self.failing:
                told = json.dumps({"errorType": self.failing[FunctionName], "errorMessage": "Ada Field"})
                return {"FunctionError": "Unhandled", "Payload": io.BytesIO(told.encode())}
            folder = FUNCTIONS[FunctionName]
            told = json.dumps(handler(folder)(json.loads(Payload), context(folder)))
            return {"Payload": io.BytesIO(told.encode())}

        return SimpleNamespace(invoke=invoke)

    def _queues(self) -> Any:
        def receive(QueueUrl: str, **_: int) -> Any:  # noqa: N803
            letters = self.letters[QueueUrl].items()
            return {"Messages": [{"MessageId": name, "ReceiptHandle": name, "Body": body} for name, body in letters]}

        return SimpleNamespace(
            receive_message=receive,
            delete_message=lambda QueueUrl, ReceiptHandle: self.letters[QueueUrl].pop(ReceiptHandle),  # noqa: N803
            get_queue_attributes=lambda QueueUrl, **_: {  # noqa: N803
                "Attributes": {"ApproximateNumberOfMessages": str(len(self.letters[QueueUrl]))}
            },
        )


class _Remembering:
    """The simulated workflows have no history: what the stage lacks is empty here."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_paginator(self, name: str) -> Any:
        if hasattr(self._client, "get_paginator"):
            return self._client.get_paginator(name)
        return SimpleNamespace(paginate=lambda **_: [{"events": []}])
