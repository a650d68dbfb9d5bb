"""Step 1 of the workflow: read the order, map it, check its sums, plan. Returns the name of the next step."""

from typing import Any

from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runtime.doors.step import workflow_step
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.usecases.prepare_order import prepare_order

prepare = injected(prepare_order)


@workflow_step
def lambda_handler(event: dict[str, Any], job: Job) -> dict[str, Any]:
    """`{"job": ..., "enrichment": "arn:..."}` -> `{"next": "EnsureCustomer" | "SettleInvoice" | "ReportStatus"}`."""
    return {"next": prepare(job, str(event.get("enrichment") or ""))}
