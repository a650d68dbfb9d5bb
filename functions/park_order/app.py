"""An order that no rule can settle waits here for a person, with a task token."""

from typing import Any

from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runtime.doors.step import workflow_step
from sitecore_kashflow.runtime.wiring import injected
from sitecore_kashflow.usecases.park_order import Failure, park_order, park_stopped_run

park = injected(park_order)
park_stopped = injected(park_stopped_run)


@workflow_step
def lambda_handler(event: dict[str, Any], job: Job) -> dict[str, Any]:
    """From the workflow: `{"job", "failure": {"step", "error", "cause"}, "task_token"}`.

    From the rule on runs that ended badly: EventBridge's event on the execution's change of status.
    """
    if "detail" in event:
        park_stopped(job, event["detail"]["status"])
    else:
        park(job, Failure(**event["failure"], task_token=event["task_token"]))
    return {}
