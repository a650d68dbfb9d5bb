"""Step 4 of the workflow: later payments stand on the invoice. Answers what is paid of it."""

from typing import Any

from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runtime.entrypoints import workflow_step
from sitecore_kashflow.runtime.wiring import wiring
from sitecore_kashflow.usecases.settle_invoice import settle_invoice


@workflow_step
def lambda_handler(event: dict[str, Any], job: Job) -> dict[str, Any]:
    """`{"job": ...}` -> `{"number": 1871, "paid": "29.94", "currency": "GBP"}`."""
    hands = wiring()
    invoice = settle_invoice(
        job,
        ledger=hands.ledger,
        books=hands.books,
        account=hands.account,
        rules=hands.rules(),
        clock=hands.clock,
        in_doubt=hands.in_doubt,
    )
    return {"number": invoice.number, "paid": str(invoice.paid), "currency": invoice.currency}
