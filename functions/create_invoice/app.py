"""Step 3 of the workflow: the invoice exists in KashFlow, exactly once. Answers its number and total."""

from typing import Any

from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runtime.entrypoints import workflow_step
from sitecore_kashflow.runtime.wiring import wiring
from sitecore_kashflow.usecases.create_invoice import create_invoice


@workflow_step
def lambda_handler(event: dict[str, Any], job: Job) -> dict[str, Any]:
    """`{"job": ..., "customer": {"code": ...}}` ->
    `{"number": 1871, "gross": "29.94", "currency": "GBP", "settled": true}`.
    """
    hands = wiring()
    invoice, is_settled = create_invoice(
        job,
        event["customer"]["code"],
        ledger=hands.ledger,
        books=hands.books,
        account=hands.account,
        numbers=hands.invoice_numbers,
        rules=hands.rules(),
        clock=hands.clock,
        in_doubt=hands.in_doubt,
    )
    total = {"gross": str(invoice.gross), "currency": invoice.currency}
    return {"number": invoice.number, "settled": is_settled} | total
