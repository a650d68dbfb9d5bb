"""What the bridge uses of AWS, in memory: `client(service)` and `resource("dynamodb")` as `boto3` offers them."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Protocol

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from tests.simulation.dynamo import Item, MemoryTable, refusal, transact

_SECONDS, _MILLISECONDS = ("expiration", ":now", ":expiry"), ("in_progress_expiration", ":now_in_millis")
_typed, _plain = TypeSerializer(), TypeDeserializer()


class Ground(Protocol):
    """Where calls happen: `call` lets others have their turn, plays faults, and does the effect."""

    tables: dict[str, MemoryTable]
    secrets: dict[str, dict[str, str]]

    def call(self, site: str, effect: Callable[[], Any]) -> Any: ...
    def clock(self) -> datetime: ...
    def enqueue(self, body: str, queue: str = ...) -> None: ...
    def waiting(self, queue: str) -> int: ...
    def publish(self, topic: str, subject: str, message: str) -> None: ...
    def start_execution(self, name: str, given: str) -> str: ...
    def describe_execution(self, arn: str) -> Item: ...
    def send_task_success(self, token: str, decision: Item) -> bool: ...


class MemoryAws:
    """Stands in for the `boto3` module."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def client(self, service: str) -> Any:
        kinds = {
            "sqs": _Queues,
            "stepfunctions": _Workflows,
            "secretsmanager": _Secrets,
            "sns": _Topics,
            "dynamodb": _TypedTables,
        }
        return kinds[service](self._ground)

    def resource(self, _service: str) -> Any:
        return SimpleNamespace(Table=lambda name: _Table(self._ground, name))


class _Table:
    """A table as boto3's resource shows it."""

    def __init__(self, ground: Ground, name: str) -> None:
        self.name = name
        self._ground = ground
        self.meta = SimpleNamespace(client=self)

    def get_item(self, **given: Any) -> Any:
        return self._call("GetItem", given, lambda table: table.get_item(**given))

    def put_item(self, **given: Any) -> Any:
        return self._call("PutItem", given, lambda table: table.put_item(**given))

    def update_item(self, **given: Any) -> Any:
        return self._call("UpdateItem", given, lambda table: table.update_item(**given))

    def delete_item(self, **given: Any) -> Any:
        return self._call("DeleteItem", given, lambda table: table.delete_item(**given))

    def query(self, **given: Any) -> Any:
        return self._call("Query", given, lambda table: table.query(**given))

    def transact_write_items(self, TransactItems: Any) -> Any:  # noqa: N803
        ((verb, what),) = TransactItems[-1].items()
        done: list[bool] = []

        def effect(_: MemoryTable) -> Item:
            """A second try of the same call carries the same token and changes nothing."""
            if not done:
                transact(self._ground.tables, TransactItems)
            done.append(True)
            return {}

        return self._call(f"Transact{verb}", what, effect)

    def _call(self, operation: str, given: Item, effect: Callable[[MemoryTable], Any]) -> Any:
        key = given.get("Key") or given.get("Item") or {}
        site = f"ledger {operation} {str(key.get('sk', '')).partition('#')[0]}".strip()
        return self._ground.call(site, lambda: effect(self._ground.tables[self.name]))


class _TypedTables:
    """The low-level DynamoDB client, for idempotency records.

    Their library reads the machine's clock; moments are moved to virtual time on the way in and back on the way out.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def put_item(self, **given: Any) -> Any:
        return self._call("PutItem", given)

    def update_item(self, **given: Any) -> Any:
        return self._call("UpdateItem", given)

    def delete_item(self, **given: Any) -> Any:
        return self._call("DeleteItem", given)

    def get_item(self, **given: Any) -> Any:
        return self._call("GetItem", given)

    def _call(self, operation: str, given: Item) -> Any:
        table = self._ground.tables[given.pop("TableName")]
        for part in ("Key", "Item", "ExpressionAttributeValues"):
            if part in given:
                given[part] = self._moved({name: _plain.deserialize(value) for name, value in given[part].items()}, 1)
        methods: dict[str, Callable[..., Item]] = {
            "PutItem": table.put_item,
            "UpdateItem": table.update_item,
            "DeleteItem": table.delete_item,
            "GetItem": table.get_item,
        }
        try:
            answer = self._ground.call(f"hints {operation}", lambda: methods[operation](**given))
        except ClientError as error:
            told: Any = error.response
            if "Item" in told:
                told["Item"] = self._out(told["Item"])
            raise
        return {**answer, "Item": self._out(answer["Item"])} if "Item" in answer else answer

    def _out(self, item: Item) -> Item:
        return {name: _typed.serialize(value) for name, value in self._moved(item, -1).items()}

    def _moved(self, item: Item, direction: int) -> Item:
        ahead = round(self._ground.clock().timestamp() - time.time()) * direction
        steps = {**dict.fromkeys(_SECONDS, ahead), **dict.fromkeys(_MILLISECONDS, ahead * 1000)}
        return {name: value + steps[name] if name in steps else value for name, value in item.items()}


class _Queues:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def send_message(self, QueueUrl: str, MessageBody: str) -> Any:  # noqa: N803
        return self._ground.call("queue SendMessage", lambda: self._ground.enqueue(MessageBody, QueueUrl))

    def send_message_batch(self, QueueUrl: str, Entries: list[Item]) -> Any:  # noqa: N803
        def effect() -> Item:
            for entry in Entries:
                self._ground.enqueue(entry["MessageBody"], QueueUrl)
            return {"Successful": Entries, "Failed": []}

        return self._ground.call("queue SendMessageBatch", effect)

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> Any:  # noqa: N803
        waiting = self._ground.call("queue GetQueueAttributes", lambda: self._ground.waiting(QueueUrl))
        return {"Attributes": {AttributeNames[0]: str(waiting)}}


class _Workflows:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def start_execution(self, stateMachineArn: str, name: str, input: str) -> Any:  # noqa: A002, N803
        arn = self._ground.call("workflow StartExecution", lambda: self._ground.start_execution(name, input))
        return {"executionArn": arn}

    def describe_execution(self, executionArn: str) -> Any:  # noqa: N803
        return self._ground.call("workflow DescribeExecution", lambda: self._ground.describe_execution(executionArn))

    def send_task_success(self, taskToken: str, output: str) -> Any:  # noqa: N803
        decision = json.loads(output)
        is_heard = self._ground.call(
            "workflow SendTaskSuccess", lambda: self._ground.send_task_success(taskToken, decision)
        )
        if not is_heard:
            raise refusal("SendTaskSuccess", "TaskTimedOut")
        return {}


class _Secrets:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def get_secret_value(self, SecretId: str) -> Any:  # noqa: N803
        text = json.dumps(self._ground.secrets[SecretId])
        return self._ground.call("secret GetSecretValue", lambda: {"SecretString": text, "VersionId": "v1"})


class _Topics:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def publish(self, TopicArn: str, Subject: str, Message: str) -> Any:  # noqa: N803
        return self._ground.call("topic Publish", lambda: self._ground.publish(TopicArn, Subject, Message))
