"""Step 5 of the workflow: the order in Sitecore says what became of it. Answers whether to go round again."""

from typing import Any

from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runtime.entrypoints import workflow_step
from sitecore_kashflow.runtime.wiring import wiring
from sitecore_kashflow.usecases.report_status import report_status


@workflow_step
def lambda_handler(event: dict[str, Any], job: Job) -> dict[str, Any]:
    """`{"job": ...}` -> `{"again": false}`."""
    hands = wiring()
    return {"again": report_status(job, ledger=hands.ledger, shop=hands.shop, now=hands.clock())}
