"""Step 4 of the workflow: post what the plan still holds. Returns how much of the invoice is paid."""

from typing import Any

from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runtime.doors.step import workflow_step
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.usecases.settle_invoice import settle_invoice

settle = injected(settle_invoice)


@workflow_step
def lambda_handler(_event: dict[str, Any], job: Job) -> dict[str, Any]:
    """`{"job": ...}` -> `{"number": 1871, "paid": "29.94", "currency": "GBP"}`."""
    settlement = settle(job)
    return {"number": settlement.invoice_number, "paid": str(settlement.paid), "currency": settlement.currency}
