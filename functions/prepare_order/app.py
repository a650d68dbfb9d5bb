"""Step 1 of the workflow: read, map, add up, plan. Answers the name of the next step."""

from typing import Any

from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runtime.entrypoints import workflow_step
from sitecore_kashflow.runtime.wiring import wiring
from sitecore_kashflow.usecases.prepare_order import prepare_order


@workflow_step
def lambda_handler(event: dict[str, Any], job: Job) -> dict[str, Any]:
    """`{"job": ...}` -> `{"next": "EnsureCustomer" | "SettleInvoice" | "ReportStatus"}`."""
    hands = wiring()
    step = prepare_order(job, ledger=hands.ledger, shop=hands.shop, rules=hands.rules(), now=hands.clock())
    return {"next": step}
