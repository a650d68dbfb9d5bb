"""An order that no rule can settle waits here for a person, with a task token."""

from typing import Any

from sitecore_kashflow.runs.records import Job
from sitecore_kashflow.runtime.entrypoints import workflow_step
from sitecore_kashflow.runtime.wiring import wiring
from sitecore_kashflow.usecases.park_order import Failure, park_order, park_stopped_run


@workflow_step
def lambda_handler(event: dict[str, Any], job: Job) -> dict[str, Any]:
    """From the workflow: `{"job", "failure": {"step", "error", "cause"}, "task_token"}`.

    From the rule on runs that ended badly: EventBridge's event on the execution's change of status.
    """
    hands = wiring()
    now = hands.clock()
    if "detail" in event:
        park_stopped_run(job, event["detail"]["status"], ledger=hands.ledger, shop=hands.shop, now=now)
    else:
        failure = Failure(**event["failure"])
        park_order(job, failure, event["task_token"], ledger=hands.ledger, shop=hands.shop, now=now)
    return {}
