"""DynamoDB tables in memory: exactly the operations and expressions that the bridge uses.

`tests/simulation/test_stand_ins.py` runs the same scenarios on this and on moto.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder
from botocore.exceptions import ClientError

Item = dict[str, Any]
Names = Mapping[str, str]
Values = Mapping[str, Any]
Check = Callable[[Item, Names, Values], bool]
Change = Callable[[Item, Names, Values], tuple[Item, tuple[str, ...]]]

_CHANGEABLE = (list, dict)
_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+]|[:#]?\w+)")
_SIGNS = {"=": "==", "<>": "!="}
_ALIKE = frozenset({str, Decimal, bool, type(None), bytes})


def plain(value: Any) -> Any:
    """A value as DynamoDB gives it back."""
    if type(value) in _ALIKE:
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, str):
        return str(value.value) if hasattr(value, "value") else value
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return value


def copied(item: Item) -> Item:
    """An item that its reader may change."""
    return {name: _copied(value) if type(value) in _CHANGEABLE else value for name, value in item.items()}


def _copied(value: Any) -> Any:
    if type(value) is dict:
        return copied(value)
    return [_copied(one) for one in value] if type(value) is list else value


def refusal(operation: str, code: str, **more: Any) -> ClientError:
    """An error as botocore raises it."""
    return ClientError({"Error": {"Code": code, "Message": code}, **more}, operation)  # type: ignore[typeddict-item]


class MemoryTable:
    """One table; every operation is atomic."""

    def __init__(self, name: str, keys: tuple[str, ...]) -> None:
        self.name = name
        self.keys = keys
        self.items: dict[tuple[Any, ...], Item] = {}
        self.on_put: Callable[[tuple[Any, ...], Item], object] = lambda *_: None
        self._partitions: dict[Any, dict[tuple[Any, ...], None]] = {}

    def get_item(self, Key: Item, ConsistentRead: bool = False) -> Item:  # noqa: N803
        found = self._seen(self._at(Key), ConsistentRead)
        return {} if found is None else {"Item": copied(found)}

    def put_item(self, Item: Item, **condition: Any) -> Item:  # noqa: N803
        self._require("PutItem", self._at(Item), condition)
        self._put(self._at(Item), {name: plain(value) for name, value in Item.items()})
        return {}

    def delete_item(self, Key: Item, **condition: Any) -> Item:  # noqa: N803
        self._require("DeleteItem", self._at(Key), condition)
        self._remove(self._at(Key))
        return {}

    def update_item(self, Key: Item, UpdateExpression: str, **more: Any) -> Item:  # noqa: N803
        self._require("UpdateItem", self._at(Key), more)
        old = self.items.get(self._at(Key), {name: plain(value) for name, value in Key.items()})
        names, values = more.get("ExpressionAttributeNames", {}), more.get("ExpressionAttributeValues", {})
        changed, gone = _changes(UpdateExpression)(old, names, values)
        new = {**old, **changed}
        for name in gone:
            new.pop(name, None)
        self._put(self._at(Key), new)
        return {"Attributes": copied(new)} if more.get("ReturnValues") == "ALL_NEW" else {}

    def query(self, KeyConditionExpression: ConditionBase, IndexName: str = "", **more: Any) -> Item:  # noqa: N803
        """Rows sorted by the range key, of the index if one is named."""
        if IndexName and more.get("ConsistentRead"):
            raise refusal("Query", "ValidationException")
        built = ConditionExpressionBuilder().build_expression(KeyConditionExpression, is_key_condition=True)
        names, values = built.attribute_name_placeholders, built.attribute_value_placeholders
        order = {"by_state": "updated_at", "by_wait": "waits_since"}.get(IndexName, self.keys[-1])
        is_wanted = _check(built.condition_expression)
        partition = None if IndexName else values[":v0"]
        rows = self._rows(partition, is_consistent=more.get("ConsistentRead", False))
        found = [item for item in rows if is_wanted(item, names, values)]
        found.sort(key=lambda item: str(item[order]))
        return self._page(found, order, more)

    def _seen(self, at: tuple[Any, ...], is_consistent: bool) -> Item | None:
        """The item as a read finds it."""
        return self.items.get(at)

    def _rows(self, partition: Any, *, is_consistent: bool) -> Iterable[Item]:
        """The items of a partition as a query finds them; of the index, without one."""
        return self.items.values() if partition is None else self._partition(partition)

    def _page(self, found: list[Item], order: str, more: Item) -> Item:
        return {"Items": [copied(item) for item in found[: more.get("Limit")]]}

    def _remove(self, at: tuple[Any, ...]) -> None:
        self.items.pop(at, None)

    def _put(self, at: tuple[Any, ...], item: Item) -> None:
        self.items[at] = item
        self._partitions.setdefault(at[0], {})[at] = None
        self.on_put(at, item)

    def _partition(self, key: Any) -> list[Item]:
        """The items under a partition key, which comes first in a condition on keys."""
        return [self.items[at] for at in self._partitions.get(key, ()) if at in self.items]

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
    """`TransactWriteItems`: all or nothing. `ConditionCheck`, `Put` and `Delete`, each of another item."""
    reasons, touched = list[Item](), set[tuple[Any, ...]]()
    for write in writes:
        ((verb, what),) = write.items()
        table = tables[what["TableName"]]
        at = table.at(what["Item"] if verb == "Put" else what["Key"])
        touched.add((table.name, *at))
        reasons.append({"Code": "None" if table.holds(at, what) else "ConditionalCheckFailed"})
    if len(touched) < len(writes):
        raise refusal("TransactWriteItems", "ValidationException")
    if any(reason["Code"] != "None" for reason in reasons):
        raise refusal("TransactWriteItems", "TransactionCanceledException", CancellationReasons=reasons)
    for write in writes:
        ((verb, what),) = write.items()
        table = tables[what["TableName"]]
        if verb == "Put":
            table.put_item(Item=what["Item"])
        elif verb == "Delete":
            table.delete_item(Key=what["Key"])


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


@cache
def _check(text: str) -> Check:
    """A condition of comparisons, existence, beginnings, AND, OR and brackets, as a function."""
    tokens = _tokens(text)

    def either() -> str:
        parts = [both()]
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            parts.append(both())
        return f"({' or '.join(parts)})"

    def both() -> str:
        parts = [one()]
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            parts.append(one())
        return f"({' and '.join(parts)})"

    def one() -> str:
        first = tokens.pop(0)
        if first == "(":
            inside = either()
            tokens.pop(0)
            return inside
        if first.startswith("attribute_"):
            name = tokens[1]
            del tokens[:3]
            return f"{_name(name)} {'in' if first == 'attribute_exists' else 'not in'} item"
        if first == "begins_with":
            name, prefix = tokens[1], tokens[3]
            del tokens[:5]
            return f"str(item.get({_name(name)}, '')).startswith(values[{prefix!r}])"
        sign, second = tokens.pop(0), tokens.pop(0)
        left, right = f"(left := {_operand(first)})", f"(right := {_operand(second)})"
        return f"({left} is not None and {right} is not None and left {_SIGNS.get(sign, sign)} right)"

    check: Check = _function(either())
    return check


@cache
def _changes(text: str) -> Change:
    """What `SET a = x, b = if_not_exists(b, x)`, `REMOVE a, b` and `ADD a x` make of an item, as a function.

    It gives the new values by their names, and the names that go.
    """
    tokens, clause = _tokens(text), ""
    kept, gone = list[str](), list[str]()
    while tokens:
        token = tokens.pop(0)
        if token in ("SET", "REMOVE", "ADD"):
            clause = token
        elif token == ",":
            continue
        elif clause == "REMOVE":
            gone.append(f"{_name(token)},")
        else:
            kept.append(f"{_name(token)}: {_added(token, tokens) if clause == 'ADD' else _assigned(tokens)}")
    change: Change = _function(f"({{{', '.join(kept)}}}, ({' '.join(gone)}))")
    return change


def _added(target: str, tokens: list[str]) -> str:
    return f"item.get({_name(target)}, 0) + {_operand(tokens.pop(0))}"


def _assigned(tokens: list[str]) -> str:
    tokens.pop(0)
    source = tokens.pop(0)
    if source == "if_not_exists":
        known, default = tokens[1], tokens[3]
        del tokens[:5]
        return f"item.get({_name(known)}, {_operand(default)})"
    if tokens and tokens[0] == "+":
        added = tokens[1]
        del tokens[:2]
        return f"{_operand(source)} + {_operand(added)}"
    return _operand(source)


def _name(token: str) -> str:
    return f"names[{token!r}]" if token.startswith("#") else repr(token)


def _operand(token: str) -> str:
    return f"plain(values[{token!r}])" if token.startswith(":") else f"item.get({_name(token)})"


def _function(expression: str) -> Any:
    """Of an item, names and values. Made once for each text that the stores hold, and called for every write."""
    return eval(f"lambda item, names, values: {expression}", {"plain": plain})  # noqa: S307  our own stores' texts
