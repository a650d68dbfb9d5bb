"""The workflow."""

from ...runs.workflow import Workflow
from ..settings import WorkflowSettings, read_settings
from ..wiring import Wiring


def workflow(wiring: Wiring) -> Workflow:
    return Workflow(wiring.aws.client("stepfunctions"), read_settings(WorkflowSettings).state_machine_arn)
