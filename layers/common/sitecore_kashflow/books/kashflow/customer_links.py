"""Which customer in the books belongs to a customer of a shop: one item of the ledger table for each."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ...tables.items import Items, moment_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True)
class CustomerLink:
    """The customer's code in the books; `digest` is of the shop's data when it was last written there."""

    code: str
    digest: str


class CustomerLinks:
    """Links by the customer's key in the shop."""

    def __init__(self, table: "Table") -> None:
        self._items = Items(table)

    def read(self, customer_key: str) -> CustomerLink | None:
        item = self._items.read(_key(customer_key))
        return None if item is None else CustomerLink(str(item["code"]), str(item["digest"]))

    def save(self, customer_key: str, link: CustomerLink, now: datetime) -> None:
        fields = {"code": link.code, "digest": link.digest, "updated_at": moment_text(now)}
        self._items.put(_key(customer_key) | fields)


def _key(customer_key: str) -> dict[str, str]:
    return {"pk": f"CUSTOMER#{customer_key}", "sk": "LINK"}
