"""Step 2 of the workflow: the customer exists in KashFlow. Answers its code."""

from typing import Any

from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runtime.entrypoints import workflow_step
from sitecore_kashflow.runtime.wiring import wiring
from sitecore_kashflow.usecases.ensure_customer import ensure_customer


@workflow_step
def lambda_handler(event: dict[str, Any], job: Job) -> dict[str, Any]:
    """`{"job": ...}` -> `{"code": "W..."}`."""
    hands = wiring()
    code = ensure_customer(job, ledger=hands.ledger, books=hands.books, rules=hands.rules(), now=hands.clock())
    return {"code": code}
