"""Conditional rules keep an order from being posted: it waits for a person's approval, or is left out."""

from ..canonical.order import Order
from ..errors import PermanentError
from ..plan.conditional import require_approval, wanted_approvals
from ..plan.effects import Plan
from ..rules.model import Rules
from ..rules.verdict import verdict_on
from ..runs.records import Job, SubjectRecord
from ..runs.runs import Runs


def require_approved(job: Job, record: SubjectRecord, order: Order, *, runs: Runs, rules: Rules) -> None:
    """Asked of an order of which nothing is posted, by each step that is about to change that.

    Raises `PermanentError` if rules hold it, and records what a person is asked.
    """
    verdict = verdict_on(order, rules.conditional)
    asks = wanted_approvals(order, verdict)
    if asks and asks != record.asks:
        runs.note_asks(job, asks)
    require_approval(order, verdict, record.approvals)


def note_left_out(job: Job, plan: Plan, runs: Runs) -> None:
    """Keep why an order that is due has no invoice, if that is so."""
    if plan.left_out:
        runs.note_reason(job, PermanentError("LEFT_OUT", plan.left_out))
