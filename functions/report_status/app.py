"""Step 5 of the workflow: write on the order in Sitecore what became of it. Returns whether to go round again."""

from typing import Any

from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runtime.doors.step import workflow_step
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.usecases.report_status import report_status

report = injected(report_status)


@workflow_step
def lambda_handler(_event: dict[str, Any], job: Job) -> dict[str, Any]:
    """`{"job": ...}` -> `{"again": false}`."""
    return {"again": report(job)}
