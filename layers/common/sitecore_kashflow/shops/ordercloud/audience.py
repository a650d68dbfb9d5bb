"""OrderCloud as an audience: it receives reports of what became of its orders."""

from datetime import datetime

from ...canonical.report import Report
from ...errors import RefusedError
from .client import OrdercloudClient
from .report import order_patch, report_digest, sync_fields


class OrdercloudAudience:
    """What we say of an order stands in its `xp.KashFlow`."""

    def __init__(self, client: OrdercloudClient) -> None:
        self._client = client

    def report(self, order_id: str, report: Report, now: datetime) -> bool:
        """Write the report, in one call. `xp` merges at its first level only, so all of our part is sent."""
        try:
            self._client.patch_order(order_id, order_patch(report, now))
        except RefusedError as refusal:
            if refusal.status == 404:
                return False
            raise
        return True

    def digest(self, report: Report) -> str:
        return report_digest(sync_fields(report))
