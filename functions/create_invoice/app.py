"""Step 3 of the workflow: make sure that what is sold is invoiced in KashFlow, exactly once. Returns the invoice."""

from typing import Any

from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runtime.doors.step import workflow_step
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.usecases.create_invoice import create_invoice

create = injected(create_invoice)


@workflow_step
def lambda_handler(event: dict[str, Any], job: Job) -> dict[str, Any]:
    """`{"job": ..., "customer": {"code": ...}}` ->
    `{"number": 1871, "gross": "29.94", "currency": "GBP", "settled": true}`, with null for an invoice that is not due.
    """
    invoice, is_settled = create(job, event["customer"]["code"])
    if invoice is None:
        return {"number": None, "gross": None, "currency": None, "settled": is_settled}
    figures = invoice.figures
    total = {"gross": str(figures.gross), "currency": figures.currency}
    return {"number": invoice.standing.number, "settled": is_settled} | total
