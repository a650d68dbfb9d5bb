"""OrderCloud as a shop: reads and lists its orders, and reports to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ...canonical.order import Order, OrderStanding
from ...canonical.report import Report
from ...rules.model import OrderRules, Rules
from ..shop import ListedOrder
from .client import OrdercloudClient
from .mapping import canonical_order, order_standing
from .report import order_patch, report_digest, sync_fields
from .wire import Worksheet

_SUBMITTED = {"IsSubmitted": "true"}


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

    def standing(self, rules: OrderRules) -> OrderStanding:
        return order_standing(self.status, rules)

    def order(self, rules: Rules) -> Order:
        """The order, in one call: it reads the payments."""
        return canonical_order(self.worksheet, self.client.payments(self.worksheet.order.id), rules)


class OrdercloudShop:
    """The seller's view of a marketplace."""

    def __init__(self, client: OrdercloudClient) -> None:
        self._client = client

    def read(self, order_id: str) -> OrdercloudReading | None:
        """Read the worksheet, in one call."""
        worksheet = self._client.worksheet(order_id)
        return None if worksheet is None else OrdercloudReading(worksheet, self._client)

    def changed_since(self, moment: datetime, last_id: str) -> Sequence[ListedOrder]:
        return self._list(last_id, {"LastUpdated": f">{_zulu(moment)}"})

    def placed_between(self, first: datetime, last: datetime, last_id: str) -> Sequence[ListedOrder]:
        return self._list(last_id, {"DateSubmitted": (f"!<{_zulu(first)}", f"<{_zulu(last)}")})

    def report(self, order_id: str, report: Report, now: datetime) -> None:
        """Write the report, in one call. `xp` merges at its first level only, so all of our part is sent."""
        self._client.patch_order(order_id, order_patch(report, now))

    def digest(self, report: Report) -> str:
        return report_digest(sync_fields(report))

    def _list(self, last_id: str, filters: Mapping[str, str | Sequence[str]]) -> Sequence[ListedOrder]:
        orders = self._client.orders_after(last_id, _SUBMITTED | dict(filters))
        return [ListedOrder(order.id, str(order.last_updated)) for order in orders]


def _zulu(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
