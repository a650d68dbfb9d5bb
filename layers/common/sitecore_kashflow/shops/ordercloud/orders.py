"""OrderCloud's orders, read one by one and mapped."""

from dataclasses import dataclass

from ...canonical.money import ZERO
from ...canonical.order import MoneyHeld, Order, OrderStanding
from ...rules.model import OrderRules, Rules
from .agreed import is_on_account
from .client import OrdercloudClient
from .mapping import canonical_order, money_in, order_standing
from .payments import Paperwork
from .report import report_digest
from .wire import OrderReturn, Payment, Shipment, Worksheet


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
        paperwork = self._paperwork()
        if not paperwork.payments:
            return MoneyHeld(ZERO, ZERO)
        return money_in(self.worksheet.order, paperwork, rules).held(rules.payments.cards)

    def order(self, rules: Rules) -> Order:
        """The order: it reads the payments, and the shipments where they decide when it is invoiced.

        What is in each shipment is read only where each has an invoice of its own.
        Returns are read only where money was given back for one, or where it may have been.
        """
        rows = self.client.shipments(self.id) if rules.orders.tax_point == "first_of" else []
        paperwork = self._paperwork()
        if rules.orders.split_dispatch and is_on_account(paperwork.payments, rules.payments):
            rows = [row | {"Items": self.client.shipment_items(str(row["ID"]))} for row in rows]
        shipments = [Shipment.model_validate(row) for row in rows]
        money = money_in(self.worksheet.order, paperwork, rules)
        if not all(refund.return_id for refund in money.refunds):
            paperwork = self._with_all_returns(paperwork)
        return canonical_order(self.worksheet, paperwork, rules, shipments)

    def _paperwork(self) -> Paperwork:
        """The payments, and the returns that they name. One that is there no longer is left out."""
        payments = [Payment.model_validate(row) for row in self.client.payments(self.id)]
        ids = dict.fromkeys(one.order_return_id for one in payments if one.order_return_id)
        rows = [row for row in map(self.client.order_return, ids) if row is not None]
        return Paperwork(payments, [OrderReturn.model_validate(row) for row in rows])

    def _with_all_returns(self, paperwork: Paperwork) -> Paperwork:
        """The same with the order's other returns as they are listed; those read by themselves are newer (OC-26)."""
        known = {one.id for one in paperwork.returns}
        listed = [OrderReturn.model_validate(row) for row in self.client.returns_of(self.id)]
        others = [one for one in listed if one.order_id == self.id and one.id not in known]
        return Paperwork(paperwork.payments, [*paperwork.returns, *others])


class OrdercloudOrders:
    """The orders that the seller sees."""

    def __init__(self, client: OrdercloudClient) -> None:
        self._client = client

    def read(self, order_id: str) -> OrdercloudReading | None:
        """Read the worksheet, in one call."""
        body = self._client.worksheet(order_id)
        return None if body is None else OrdercloudReading(Worksheet.model_validate(body), self._client)
