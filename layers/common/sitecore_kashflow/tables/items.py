"""Items of a DynamoDB table: reads that see every earlier write, and writes under a condition."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Item = dict[str, Any]
Key = Mapping[str, str]
Values = Mapping[str, Any]


def moment_text(moment: datetime) -> str:
    """A moment as an attribute: UTC, with a fixed width, so that texts compare as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


class Items:
    """The items of one table."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def read(self, key: Key) -> Item | None:
        """The item under a key, or None."""
        found = self._table.get_item(Key=dict(key), ConsistentRead=True).get("Item")
        return None if found is None else dict(found)

    def query(self, **query: Any) -> Iterator[Item]:
        """All items that a query finds, page by page; at most `Limit` of them, if there is one.

        A page may be shorter than its limit and not the last: DynamoDB also ends it by its size.
        """
        limit, given = query.get("Limit"), 0
        while True:
            answer = self._table.query(**query)
            yield from map(dict, answer["Items"])
            given += len(answer["Items"])
            if "LastEvaluatedKey" not in answer or given == limit:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
            if limit is not None:
                query["Limit"] = limit - given

    def update(
        self,
        key: Key,
        expression: str,
        values: Values | None = None,
        *,
        condition: str = "",
        names: Mapping[str, str] | None = None,
    ) -> Item | None:
        """Update an item. Returns it as it is then; None if the condition does not hold."""
        arguments: dict[str, Any] = {"Key": dict(key), "UpdateExpression": expression, "ReturnValues": "ALL_NEW"}
        if condition:
            arguments["ConditionExpression"] = condition
        if values:
            arguments["ExpressionAttributeValues"] = dict(values)
        if names:
            arguments["ExpressionAttributeNames"] = dict(names)
        try:
            return dict(self._table.update_item(**arguments)["Attributes"])
        except ClientError as error:
            if not _is_failed_condition(error):
                raise
            return None

    def put(self, item: Item) -> None:
        """Write a whole item, whatever was there."""
        self._table.put_item(Item=item)

    def put_if(self, item: Item, condition: str, values: Values) -> bool:
        """Write a whole item. False if the condition does not hold."""
        try:
            self._table.put_item(Item=item, ConditionExpression=condition, ExpressionAttributeValues=dict(values))
        except ClientError as error:
            if not _is_failed_condition(error):
                raise
            return False
        return True

    def delete_if(self, key: Key, condition: str, values: Values, names: Mapping[str, str]) -> bool:
        """Delete an item. False if the condition does not hold."""
        try:
            self._table.delete_item(
                Key=dict(key),
                ConditionExpression=condition,
                ExpressionAttributeValues=dict(values),
                ExpressionAttributeNames=dict(names),
            )
        except ClientError as error:
            if not _is_failed_condition(error):
                raise
            return False
        return True

    def write_together(self, check: Mapping[str, Any], *writes: Mapping[str, Any]) -> bool:
        """Carry out writes (`{"Put": {"Item": ...}}`, `{"Delete": {"Key": ...}}`) if a check of another item holds.

        False if it does not, and then nothing is written.
        """
        table = {"TableName": self._table.name}
        named = [{verb: dict(what) | table} for one in writes for verb, what in one.items()]
        items: Any = [{"ConditionCheck": dict(check) | table}, *named]
        try:
            self._table.meta.client.transact_write_items(TransactItems=items)
        except ClientError as error:
            reasons = error.response.get("CancellationReasons", [])
            if not reasons or reasons[0].get("Code") != "ConditionalCheckFailed":
                raise
            return False
        return True


def _is_failed_condition(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
