"""What the bridge uses of AWS, in memory: `client(service)` and `resource("dynamodb")` as `boto3` offers them."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from types import SimpleNamespace
from typing import Any, Protocol
from zlib import crc32

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from tests.simulation.dynamo import Item, MemoryTable, refusal, transact
from tests.simulation.permissions import Permission
from tests.simulation.shop_function import ShopFunctions

_SECONDS, _MILLISECONDS = ("expiration", ":now", ":expiry"), ("in_progress_expiration", ":now_in_millis")
_ITEM_ACTIONS = {"ConditionCheck": "ConditionCheckItem", "Put": "PutItem", "Delete": "DeleteItem"}
"""What a transaction must be allowed, by its parts."""
_typed, _plain = TypeSerializer(), TypeDeserializer()


class Ground(Protocol):
    """Where calls happen: `call` lets others have their turn, plays faults, and does the effect."""

    tables: dict[str, MemoryTable]
    secrets: dict[str, dict[str, str]]
    rules_text: str
    objects: dict[str, bytes]
    enrich: Callable[[Item], Item]

    def call(self, site: str, effect: Callable[[], Any], *needs: Permission, **outcomes: Callable[[], Any]) -> Any: ...
    def clock(self) -> datetime: ...
    def enqueue(self, body: str, queue: str = ..., delay_seconds: int = ...) -> None: ...
    def waiting(self, queue: str) -> int: ...
    def publish(self, topic: str, subject: str, message: str) -> None: ...
    def start_execution(self, name: str, given: str) -> str: ...
    def describe_execution(self, arn: str) -> Item: ...
    def send_task_success(self, token: str, decision: Item) -> bool: ...


class MemoryAws:
    """Stands in for the `boto3` module."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def client(self, service: str, **_: Any) -> Any:
        kinds = {
            "sqs": _Queues,
            "stepfunctions": _Workflows,
            "secretsmanager": _Secrets,
            "sns": _Topics,
            "dynamodb": _TypedTables,
            "appconfigdata": _Rules,
            "lambda": ShopFunctions,
            "s3": _Buckets,
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

        def conflict() -> Item:
            """Another transaction is about to write one of these items."""
            reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
            raise refusal("TransactWriteItems", "TransactionCanceledException", CancellationReasons=reasons)

        needs = [
            Permission(f"dynamodb:{_ITEM_ACTIONS[one_verb]}", self.name) for one in TransactItems for one_verb in one
        ]
        site = _site(f"Transact{verb}", what)
        return self._ground.call(site, lambda: effect(self._ground.tables[self.name]), *needs, conflict=conflict)

    def _call(self, operation: str, given: Item, effect: Callable[[MemoryTable], Any]) -> Any:
        index = given.get("IndexName", "")
        need = Permission(f"dynamodb:{operation}", f"{self.name}/{index}" if index else self.name)
        return self._ground.call(_site(operation, given), lambda: effect(self._ground.tables[self.name]), need)


def _site(operation: str, given: Item) -> str:
    key = given.get("Key") or given.get("Item") or {}
    return f"ledger {operation} {str(key.get('sk', '')).partition('#')[0]}".strip()


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
        name = given.pop("TableName")
        table, need = self._ground.tables[name], Permission(f"dynamodb:{operation}", name)
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
            answer = self._ground.call(f"hints {operation}", lambda: methods[operation](**given), need)
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

    def send_message(self, QueueUrl: str, MessageBody: str, DelaySeconds: int = 0) -> Any:  # noqa: N803
        return self._ground.call(
            "queue SendMessage",
            lambda: self._ground.enqueue(MessageBody, QueueUrl, DelaySeconds),
            Permission("sqs:SendMessage", QueueUrl),
        )

    def send_message_batch(self, QueueUrl: str, Entries: list[Item]) -> Any:  # noqa: N803
        def taken(entries: list[Item]) -> Item:
            for entry in entries:
                self._ground.enqueue(entry["MessageBody"], QueueUrl)
            return {"Successful": entries, "Failed": [entry for entry in Entries if entry not in entries]}

        return self._ground.call(
            "queue SendMessageBatch",
            lambda: taken(Entries),
            Permission("sqs:SendMessage", QueueUrl),
            some_refused=lambda: taken(Entries[1::2]),
        )

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> Any:  # noqa: N803
        waiting = self._ground.call(
            "queue GetQueueAttributes",
            lambda: self._ground.waiting(QueueUrl),
            Permission("sqs:GetQueueAttributes", QueueUrl),
        )
        return {"Attributes": {AttributeNames[0]: str(waiting)}}


class _Workflows:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def start_execution(self, stateMachineArn: str, name: str, input: str) -> Any:  # noqa: A002, N803
        arn = self._call("StartExecution", lambda: self._ground.start_execution(name, input))
        return {"executionArn": arn}

    def describe_execution(self, executionArn: str) -> Any:  # noqa: N803
        need = Permission("states:DescribeExecution", "OrderToInvoiceWorkflow/execution")
        return self._ground.call(
            "workflow DescribeExecution", lambda: self._ground.describe_execution(executionArn), need
        )

    def send_task_success(self, taskToken: str, output: str) -> Any:  # noqa: N803
        decision = json.loads(output)
        if not self._call("SendTaskSuccess", lambda: self._ground.send_task_success(taskToken, decision)):
            raise refusal("SendTaskSuccess", "TaskTimedOut")
        return {}

    def _call(self, action: str, effect: Callable[[], Any]) -> Any:
        need = Permission(f"states:{action}", "OrderToInvoiceWorkflow")
        return self._ground.call(f"workflow {action}", effect, need)


class _Secrets:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def get_secret_value(self, SecretId: str) -> Any:  # noqa: N803
        need = Permission("secretsmanager:GetSecretValue", f"{SecretId.capitalize()}Secret")
        return self._ground.call("secret GetSecretValue", lambda: self._value(SecretId), need)

    def _value(self, name: str) -> Item:
        fields = json.dumps(self._ground.secrets[name])
        return {"SecretString": fields, "VersionId": f"v-{crc32(fields.encode())}"}


class _Rules:
    """AppConfig, with what the shop has published."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def start_configuration_session(self, **_: str) -> Item:
        self._call("StartConfigurationSession")
        return {"InitialConfigurationToken": "token"}

    def get_latest_configuration(self, ConfigurationToken: str) -> Item:  # noqa: N803
        self._call("GetLatestConfiguration")
        return {"Configuration": BytesIO(self._ground.rules_text.encode())}

    def _call(self, action: str) -> None:
        self._ground.call(f"rules {action}", lambda: None, Permission(f"appconfig:{action}", "RulesProfile"))


class _Buckets:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def get_object(self, Bucket: str, Key: str) -> Any:  # noqa: N803
        need = Permission("s3:GetObject", Bucket)
        return {"Body": BytesIO(self._ground.call("bucket GetObject", lambda: self._ground.objects[Key], need))}


class _Topics:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def publish(self, TopicArn: str, Subject: str, Message: str) -> Any:  # noqa: N803
        need = Permission("sns:Publish", TopicArn)
        return self._ground.call("topic Publish", lambda: self._ground.publish(TopicArn, Subject, Message), need)
