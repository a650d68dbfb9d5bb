"""A payout file is in the bucket: its payouts are kept, and an envelope for each goes on the payout queue."""

from typing import Any

from sitecore_kashflow.runtime.doors.schedule import scheduled
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.usecases.import_payouts import ObjectPlace, import_payouts

take = injected(import_payouts)


@scheduled
def lambda_handler(event: dict[str, Any]) -> dict[str, Any]:
    """EventBridge's notice of a new object -> `{"payouts": ["payout:stripe:po_1"], "new": 1}`."""
    place = ObjectPlace(event["detail"]["bucket"]["name"], event["detail"]["object"]["key"])
    imported = take(place)
    return {"payouts": [one.subject.key for one in imported], "new": sum(one.is_new for one in imported)}
