"""DynamoDB tables in memory: exactly the operations and expressions that the bridge uses.

`tests/simulation/test_stand_ins.py` runs the same scenarios on this and on moto.
"""

import operator
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from decimal import Decimal
from functools import lru_cache
from typing import Any

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder
from botocore.exceptions import ClientError

Item = dict[str, Any]
Names = Mapping[str, str]
Values = Mapping[str, Any]
Check = Callable[[Item, Names, Values], bool]
Change = Callable[[Item, Item, Names, Values], None]

_CHANGEABLE = (list, dict)
_TOKEN = re.compile(r"\s*(attribute_not_exists|attribute_exists|if_not_exists|<>|<=|>=|[=<>(),+]|[:#]?\w+)")
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def plain(value: Any) -> Any:
    """A value as DynamoDB gives it back."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, str):
        return str(value.value) if hasattr(value, "value") else value
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def copied(item: Item) -> Item:
    """An item that its reader may change."""
    return {name: deepcopy(value) if type(value) in _CHANGEABLE else value for name, value in item.items()}


def refusal(operation: str, code: str, **more: Any) -> ClientError:
    """An error as botocore raises it."""
    return ClientError({"Error": {"Code": code, "Message": code}, **more}, operation)  # type: ignore[typeddict-item]


class MemoryTable:
    """One table; every operation is atomic."""

    def __init__(self, name: str, keys: tuple[str, ...]) -> None:
        self.name = name
        self.keys = keys
        self.items: dict[tuple[Any, ...], Item] = {}

    def get_item(self, Key: Item, ConsistentRead: bool = False) -> Item:  # noqa: N803
        found = self.items.get(self._at(Key))
        return {} if found is None else {"Item": copied(found)}

    def put_item(self, Item: Item, **condition: Any) -> Item:  # noqa: N803
        self._require("PutItem", self._at(Item), condition)
        self.items[self._at(Item)] = {name: plain(value) for name, value in Item.items()}
        return {}

    def delete_item(self, Key: Item, **condition: Any) -> Item:  # noqa: N803
        self._require("DeleteItem", self._at(Key), condition)
        self.items.pop(self._at(Key), None)
        return {}

    def update_item(self, Key: Item, UpdateExpression: str, **more: Any) -> Item:  # noqa: N803
        self._require("UpdateItem", self._at(Key), more)
        old = self.items.get(self._at(Key), {name: plain(value) for name, value in Key.items()})
        new = dict(old)
        names, values = more.get("ExpressionAttributeNames", {}), more.get("ExpressionAttributeValues", {})
        for change in _changes(UpdateExpression):
            change(old, new, names, values)
        self.items[self._at(Key)] = new
        return {"Attributes": copied(new)} if more.get("ReturnValues") == "ALL_NEW" else {}

    def query(self, KeyConditionExpression: ConditionBase, IndexName: str = "", **more: Any) -> Item:  # noqa: N803
        """One equality on one attribute; rows sorted by the index's range key."""
        built = ConditionExpressionBuilder().build_expression(KeyConditionExpression, is_key_condition=True)
        ((_, name),) = built.attribute_name_placeholders.items()
        ((_, value),) = built.attribute_value_placeholders.items()
        order = "updated_at" if IndexName else self.keys[-1]
        found = [item for item in self.items.values() if item.get(name) == plain(value)]
        return {"Items": [copied(item) for item in sorted(found, key=lambda item: str(item[order]))]}

    def holds(self, at: tuple[Any, ...], condition: Mapping[str, Any]) -> bool:
        """Whether a condition is fulfilled by the item at this key."""
        text = condition.get("ConditionExpression")
        if not text:
            return True
        names, values = condition.get("ExpressionAttributeNames", {}), condition.get("ExpressionAttributeValues", {})
        return _check(text)(self.items.get(at, {}), names, values)

    def at(self, key: Item) -> tuple[Any, ...]:
        return self._at(key)

    def _at(self, key: Item) -> tuple[Any, ...]:
        return tuple([key[name] for name in self.keys])

    def _require(self, operation: str, at: tuple[Any, ...], condition: Mapping[str, Any]) -> None:
        if not self.holds(at, condition):
            more = {}
            if condition.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and at in self.items:
                more = {"Item": copied(self.items[at])}
            raise refusal(operation, "ConditionalCheckFailedException", **more)


def transact(tables: Mapping[str, MemoryTable], writes: list[dict[str, Item]]) -> None:
    """`TransactWriteItems`: all or nothing. `ConditionCheck`, `Put` and `Delete`."""
    reasons = []
    for write in writes:
        ((verb, what),) = write.items()
        table = tables[what["TableName"]]
        is_met = table.holds(table.at(what["Item"] if verb == "Put" else what["Key"]), what)
        reasons.append({"Code": "None" if is_met else "ConditionalCheckFailed"})
    if any(reason["Code"] != "None" for reason in reasons):
        raise refusal("TransactWriteItems", "TransactionCanceledException", CancellationReasons=reasons)
    for write in writes:
        ((verb, what),) = write.items()
        table = tables[what["TableName"]]
        if verb == "Put":
            table.put_item(Item=what["Item"])
        elif verb == "Delete":
            table.delete_item(Key=what["Key"])


def _name(token: str, names: Names) -> str:
    return names[token] if token.startswith("#") else token


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


@lru_cache(maxsize=256)
def _check(text: str) -> Check:
    """A condition of comparisons, existence, AND, OR and brackets."""
    tokens = _tokens(text)

    def either() -> Check:
        parts = [both()]
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            parts.append(both())
        return lambda item, names, values: any(part(item, names, values) for part in parts)

    def both() -> Check:
        parts = [one()]
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            parts.append(one())
        return lambda item, names, values: all(part(item, names, values) for part in parts)

    def one() -> Check:
        first = tokens.pop(0)
        if first == "(":
            inside = either()
            tokens.pop(0)
            return inside
        if first.startswith("attribute_"):
            name = tokens[1]
            del tokens[:3]
            wanted = first == "attribute_exists"
            return lambda item, names, values: (_name(name, names) in item) is wanted
        sign, right = tokens.pop(0), tokens.pop(0)
        return lambda item, names, values: _compared(
            _operand(first, item, names, values), sign, _operand(right, item, names, values)
        )

    return either()


def _operand(token: str, item: Item, names: Names, values: Values) -> Any:
    return plain(values[token]) if token.startswith(":") else item.get(_name(token, names))


def _compared(left: Any, sign: str, right: Any) -> bool:
    if left is None or right is None:
        return False
    return bool(_SIGNS[sign](left, right))


@lru_cache(maxsize=256)
def _changes(text: str) -> tuple[Change, ...]:
    """`SET a = x, b = if_not_exists(b, x)`, `REMOVE a, b`, `ADD a x`."""
    tokens, changes, clause = _tokens(text), list[Change](), ""
    while tokens:
        token = tokens.pop(0)
        if token in ("SET", "REMOVE", "ADD"):
            clause = token
        elif token != ",":
            changes.append(_change(clause, token, tokens))
    return tuple(changes)


def _change(clause: str, target: str, tokens: list[str]) -> Change:
    if clause == "REMOVE":
        return lambda _, new, names, __: void(new.pop(_name(target, names), None))
    if clause == "ADD":
        value = tokens.pop(0)
        return lambda old, new, names, values: new.__setitem__(
            _name(target, names), old.get(_name(target, names), Decimal(0)) + plain(values[value])
        )
    tokens.pop(0)
    source = tokens.pop(0)
    if source == "if_not_exists":
        known, default = tokens[1], tokens[3]
        del tokens[:5]
        return lambda old, new, names, values: new.__setitem__(
            _name(target, names),
            old.get(_name(known, names), _operand(default, old, names, values)),
        )
    if tokens and tokens[0] == "+":
        added = tokens[1]
        del tokens[:2]
        return lambda old, new, names, values: new.__setitem__(
            _name(target, names), _operand(source, old, names, values) + _operand(added, old, names, values)
        )
    return lambda old, new, names, values: new.__setitem__(_name(target, names), _operand(source, old, names, values))


def void(_: Any) -> None:
    """Nothing."""
