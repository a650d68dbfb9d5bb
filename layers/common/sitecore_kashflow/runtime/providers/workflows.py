"""The workflow, and what people decide about runs that wait."""

from ...runs.workflow import Workflow
from ...usecases.decide import Decisions
from ..settings import WorkflowSettings, read_settings
from ..wiring import Wiring


def workflow(wiring: Wiring) -> Workflow:
    return Workflow(wiring.aws.client("stepfunctions"), read_settings(WorkflowSettings).state_machine_arn)


def decisions(wiring: Wiring) -> Decisions:
    return Decisions(wiring.runs, wiring.workflow, wiring.queues)
