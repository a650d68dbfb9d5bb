"""Step 2 of the workflow: make sure that the customer exists in KashFlow. Returns its code."""

from typing import Any

from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runtime.doors.step import workflow_step
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.usecases.ensure_customer import ensure_customer

ensure = injected(ensure_customer)


@workflow_step
def lambda_handler(_event: dict[str, Any], job: Job) -> dict[str, Any]:
    """`{"job": ...}` -> `{"code": "W..."}`."""
    return {"code": ensure(job)}
