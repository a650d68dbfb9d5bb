"""The workflow, and how many of its runs may be under way."""

from ...runs.slots import Slots, limit_for
from ...runs.workflow import Workflow
from ...usecases.admission import Admission
from ..settings import SlotSettings, WorkflowSettings, read_settings
from ..wiring import Wiring


def workflow(wiring: Wiring) -> Workflow:
    return Workflow(wiring.aws.client("stepfunctions"), read_settings(WorkflowSettings).state_machine_arn)


def slots(wiring: Wiring) -> Slots:
    settings = read_settings(SlotSettings)
    rates = settings.kashflow_calls_per_second, settings.kashflow_parallel_calls
    return Slots(wiring.table, limit_for(*rates, settings.runs_under_way))


def admission(wiring: Wiring) -> Admission:
    return Admission(wiring.slots, wiring.runs, wiring.workflow, wiring.clock, wiring.sleep, wiring.random)
