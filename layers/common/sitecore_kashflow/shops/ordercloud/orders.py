"""OrderCloud's orders, read one by one and mapped."""

from dataclasses import dataclass

from ...canonical.order import MoneyHeld, Order, OrderStanding
from ...rules.model import OrderRules, Rules
from .client import OrdercloudClient
from .mapping import canonical_order, money_held, order_standing
from .report import report_digest
from .wire import Payment, Shipment, Worksheet


@dataclass(frozen=True)
class OrdercloudReading:
    """A worksheet, and the client that reads its payments if they are wanted."""

    worksheet: Worksheet
    client: OrdercloudClient

    @property
    def status(self) -> str:
        return self.worksheet.order.status

    @property
    def reported(self) -> str:
        """A digest of `xp.KashFlow`. Anybody may write there, even a worker of ours that resumes late."""
        fields = self.worksheet.order.xp.get("KashFlow")
        return report_digest(fields) if isinstance(fields, dict) else ""

    @property
    def invoiced_as(self) -> str:
        """Ids can be changed in OrderCloud, and `xp` is copied with an order: a report of ours names its order."""
        fields = self.worksheet.order.xp.get("KashFlow")
        said = fields if isinstance(fields, dict) else {}
        is_ours = said.get("OrderId") == self.worksheet.order.id
        return "" if is_ours else str(said.get("InvoiceNumber") or "")

    @property
    def id(self) -> str:
        return self.worksheet.order.id

    def standing(self, rules: OrderRules) -> OrderStanding:
        return order_standing(self.status, rules)

    def money(self, rules: Rules) -> MoneyHeld:
        """The captures, and what was given back: it reads the payments. Gift cards and the like are no money."""
        return money_held(self.worksheet.order, self._payments(), rules)

    def order(self, rules: Rules) -> Order:
        """The order: it reads the payments, and the shipments where they decide when it is invoiced."""
        rows = self.client.shipments(self.id) if rules.orders.tax_point == "first_of" else []
        shipments = [Shipment.model_validate(row) for row in rows]
        return canonical_order(self.worksheet, self._payments(), rules, shipments)

    def _payments(self) -> list[Payment]:
        return [Payment.model_validate(row) for row in self.client.payments(self.id)]


class OrdercloudOrders:
    """The orders that the seller sees."""

    def __init__(self, client: OrdercloudClient) -> None:
        self._client = client

    def read(self, order_id: str) -> OrdercloudReading | None:
        """Read the worksheet, in one call."""
        body = self._client.worksheet(order_id)
        return None if body is None else OrdercloudReading(Worksheet.model_validate(body), self._client)
