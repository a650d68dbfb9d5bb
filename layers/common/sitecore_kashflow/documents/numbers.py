"""Document numbers that the ledger issues: one item of its table holds the last one.

No number is issued twice, however many workers ask at once and however the range is changed. A number that was reserved
and then not used is never issued again, so there may be gaps.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import PermanentError
from ..tables.items import Items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_KEY = {"pk": "NUMBERS#INVOICE", "sk": "LAST"}


class InvoiceNumbers:
    """A counter that only goes up."""

    def __init__(self, table: "Table") -> None:
        self._items = Items(table)

    def reserve(self, first: int, last: int) -> int:
        """The next number from `first` to `last`, both included. Raises `PermanentError` if all are used."""
        within, begun = {":before": first - 1, ":last": last, ":one": 1}, {":first": first}
        number = (
            self._count("ADD given :one", "given > :before AND given < :last", within)
            or self._count("SET given = :first", "attribute_not_exists(given) OR given < :first", begun)
            or self._count("ADD given :one", "given > :before AND given < :last", within)
        )
        if number is None:
            raise PermanentError(
                "INVOICE_NUMBERS_USED_UP",
                f"All invoice numbers from {first} to {last} are used, or higher ones were. Put a range of higher "
                "numbers into `invoices` of the rules, or raise `last`, then resume.",
            )
        return number

    def _count(self, expression: str, condition: str, values: Mapping[str, Any]) -> int | None:
        """The last number after an update; None if the condition does not hold."""
        item = self._items.update(_KEY, expression, values, condition=condition)
        return None if item is None else int(str(item["given"]))
