"""What people have said of a month: figures that KashFlow does not give, and that they have closed it."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key
from pydantic import TypeAdapter

from ..tables.items import Item, Items, moment_text
from .month import Closing, Entered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_PK = "MONTH_END"
_CLOSING = TypeAdapter(Closing)


class ClosingStore:
    """One item for each figure, and one for each time that a month was closed: none is ever taken away."""

    def __init__(self, table: "Table") -> None:
        self._items = Items(table)

    def entered(self, month: str) -> dict[str, Entered]:
        """The figures of a month by their keys."""
        return {
            str(item["sk"]).partition("#FIGURE#")[2]: Entered(
                Decimal(item["amount"]), str(item["by"]), datetime.fromisoformat(str(item["at"]))
            )
            for item in self._of(f"{month}#FIGURE#")
        }

    def enter(self, month: str, key: str, figure: Entered) -> None:
        """Keep a figure, in the place of an earlier one."""
        said = {"amount": figure.amount, "by": figure.by, "at": moment_text(figure.at)}
        self._items.put({"pk": _PK, "sk": f"{month}#FIGURE#{key}"} | said)

    def closing(self, month: str) -> Closing | None:
        """How the month was closed last; None if it is open."""
        found = [str(item["closing"]) for item in self._of(f"{month}#CLOSED#")]
        return _CLOSING.validate_json(found[-1]) if found else None

    def close(self, month: str, closing: Closing) -> None:
        """Keep that a person has closed the month."""
        told = _CLOSING.dump_json(closing).decode()
        self._items.put({"pk": _PK, "sk": f"{month}#CLOSED#{moment_text(closing.at)}", "closing": told})

    def _of(self, prefix: str) -> list[Item]:
        condition = Key("pk").eq(_PK) & Key("sk").begins_with(prefix)
        return list(self._items.query(KeyConditionExpression=condition, ConsistentRead=True))
