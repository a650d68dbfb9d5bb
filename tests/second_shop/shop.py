"""A till as a shop: its sales as they came, nothing to list, and a note under each sale of what became of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sitecore_kashflow.calls.http import Call, Caller
from sitecore_kashflow.canonical.customer import Customer
from sitecore_kashflow.canonical.keys import digest_of
from sitecore_kashflow.canonical.order import Order, OrderLine, OrderStanding, Payment
from sitecore_kashflow.canonical.report import Report
from sitecore_kashflow.rules.model import OrderRules, Rules
from sitecore_kashflow.runs.kept_events import KeptEvents
from sitecore_kashflow.runs.subject import Subject
from sitecore_kashflow.shops.shop import ListedOrder

SOURCE = "till"
_STANDINGS = {"open": OrderStanding.NOT_DUE, "done": OrderStanding.DUE, "void": OrderStanding.CANCELLED}


@dataclass(frozen=True)
class TillReading:
    """A sale as it was kept. Nobody can ask the till what it says of us now."""

    sale: dict[str, Any]
    reported: ClassVar[None] = None
    invoiced_as: ClassVar[str] = ""

    @property
    def id(self) -> str:
        return str(self.sale["id"])

    @property
    def status(self) -> str:
        return str(self.sale["status"])

    def standing(self, rules: OrderRules) -> OrderStanding:
        return _STANDINGS[self.status]

    def held(self, rules: Rules) -> Decimal:
        paid = Decimal(self.sale["net"]) + Decimal(self.sale["vat"])
        return paid if self.sale["is_paid"] else Decimal(0)

    def order(self, rules: Rules) -> Order:
        sale = self.sale
        net, vat = Decimal(sale["net"]), Decimal(sale["vat"])
        placed_at = datetime.fromisoformat(sale["at"])
        line = OrderLine(
            line_id="1",
            product_code="SALE",
            description="Sold at the till",
            quantity=1,
            unit_price=net,
            subtotal=net,
            tax_class="standard",
            vat_amount=vat,
            destination="GB",
        )
        paid = [Payment(payment_id=f"{sale['id']}-cash", method="cash", amount=net + vat, received_at=placed_at)]
        return Order(
            source=SOURCE,
            order_id=sale["id"],
            status=self.status,
            standing=_STANDINGS[self.status],
            placed_at=placed_at,
            currency="GBP",
            customer=Customer(key=f"{SOURCE}:{sale['customer']}", name=sale["customer"]),
            lines=(line,),
            tax=vat,
            total=net + vat,
            payments=tuple(paid if sale["is_paid"] else ()),
        )


class TillShop:
    """Reads what was kept, and tells the till."""

    def __init__(self, kept_events: KeptEvents, caller: Caller) -> None:
        self._kept_events = kept_events
        self._caller = caller

    def read(self, order_id: str) -> TillReading | None:
        kept = self._kept_events.newest(Subject("order", SOURCE, order_id))
        return None if kept is None else TillReading(json.loads(kept.body))

    def changed_since(self, moment: datetime, last_id: str) -> Sequence[ListedOrder]:
        """A till has no list."""
        return ()

    def returns_changed_since(self, moment: datetime, last_id: str) -> Sequence[ListedOrder]:
        """A till has no list."""
        return ()

    def placed_between(self, first: datetime, last: datetime, last_id: str) -> Sequence[ListedOrder]:
        """A till has no list."""
        return ()

    def report(self, order_id: str, report: Report, now: datetime) -> bool:
        self._caller.call(Call("PUT", f"/sales/{order_id}", json=_told(report)))
        return True

    def digest(self, report: Report) -> str:
        return digest_of(json.dumps(_told(report), sort_keys=True))


def _told(report: Report) -> dict[str, Any]:
    return {"state": str(report.state), "invoice": report.invoice_number}
