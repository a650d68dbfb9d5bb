"""`show`: all that the ledger knows of one order, and what Step Functions remembers of its runs."""

from argparse import Namespace
from dataclasses import replace
from datetime import datetime

from ...canonical.kinds import OWN_INVOICE
from ...documents.entry import Entry, InDoubt
from ...errors import BridgeError
from ...runs.records import LAST_ATTEMPT, Run, SubjectRecord
from ...runs.subject import Subject
from ...runtime.settings import KashflowSettings, OrdercloudSettings, WorkflowSettings, read_settings
from ...usecases.posting import order_as_planned
from ..desk import Desk
from ..executions import run_shown
from ..names import SHOP
from ..values import ApprovalShown, DetailedOrder, DocumentShown, Lease, Money, RunShown, ShownOrder, Sums
from .duplicates import duplicates_of
from .list_orders import listed

_RUNS_SHOWN = 10


def show_order(asked: Namespace, desk: Desk) -> ShownOrder:
    """One order, or another subject by its key."""
    subject, wiring = asked.order, desk.wiring
    record = wiring.runs.record(subject)
    documents = tuple(document_shown(entry) for entry in wiring.documents.of(subject))
    codes = [one.customer_code for one in documents if one.customer_code]
    kind = DetailedOrder if asked.detail else ShownOrder
    return kind(
        order=listed(record, desk, wiring.clock()),
        key=subject.key,
        address=_address_in_shop(subject),
        customer_code=codes[0] if codes else "",
        events=record.events,
        served=record.served,
        is_told_to=tuple(record.reports),
        lease=_lease(record.run),
        runs=_runs(subject, record.run, desk),
        documents=documents,
        duplicates=duplicates_of(subject, desk),
        imported=_imported(record, desk),
        approvals=tuple(
            ApprovalShown(one.what, one.by, datetime.fromisoformat(one.at)) for one in record.approvals.values()
        ),
    )


def _imported(record: SubjectRecord, desk: Desk) -> dict[str, Money]:
    """The payments that the rules in force leave to KashFlow's own feed, of the order as it was last read.

    None where order or rules cannot be read: what the ledger says of the order is shown all the same.
    """
    if record.subject.kind != "order" or record.snapshot is None:
        return {}
    try:
        order, rules = order_as_planned(record, desk.wiring.runs), desk.wiring.rules_source().payments
    except BridgeError:
        return {}
    left = (one for one in order.payments if rules.is_imported(one, order.currency))
    return {one.payment_id: Money(one.amount, order.currency) for one in left}


def document_shown(entry: Entry) -> DocumentShown:
    """A document in the words of the answer."""
    figures, standing = entry.figures, entry.standing
    number = standing.number if standing else None
    shown = DocumentShown(
        kind=entry.kind,
        reference=entry.reference,
        status="standing" if standing else "in doubt" if isinstance(entry.status, InDoubt) else "unposted",
        sums=Sums(figures.net, figures.vat, figures.gross, figures.currency),
        customer_code=entry.customer_code,
        rules_version=entry.rules_version,
        in_doubt_until=entry.status.until if isinstance(entry.status, InDoubt) else None,
        carries={one: Money(amount, figures.currency) for one, amount in entry.carried.items()},
        address=_address_in_books(number) if entry.kind in OWN_INVOICE and number else "",
        rules_held=entry.rules_held,
    )
    if standing is None:
        return shown
    return replace(
        shown,
        number=number,
        internal_id=standing.internal_id,
        is_checked=standing.is_verified,
        is_adopted=standing.is_adopted,
    )


def _lease(run: Run) -> Lease:
    """The run that holds it, and how often its step had been tried. The attempt of a worker has no such number."""
    entered_at, _, rest = run.attempt.partition("/")
    is_step = run.attempt not in ("", LAST_ATTEMPT)
    return Lease(
        number=run.number,
        is_open=run.is_open,
        opened_at=datetime.fromisoformat(run.opened_at) if run.opened_at else None,
        step_entered_at=datetime.fromisoformat(entered_at) if is_step else None,
        retries=int(rest) if is_step and rest.isdigit() else 0,
    )


def _runs(subject: Subject, run: Run, desk: Desk) -> tuple[RunShown, ...]:
    """The last runs, the newest first. A subject without a workflow has none."""
    if subject.kind != "order":
        return ()
    client, machine = desk.stack.aws.client("stepfunctions"), read_settings(WorkflowSettings).state_machine_arn
    first = max(run.number - _RUNS_SHOWN, 0)
    return tuple(run_shown(client, machine, subject.key, number) for number in range(run.number, first, -1))


def _address_in_shop(subject: Subject) -> str:
    """Where OrderCloud's API has the order; empty for other shops."""
    if (subject.kind, subject.source) != ("order", SHOP):
        return ""
    return f"{read_settings(OrdercloudSettings).base_url}/v1/orders/Incoming/{subject.id}"


def _address_in_books(number: int) -> str:
    """Where KashFlow's API has the invoice."""
    return f"{read_settings(KashflowSettings).base_url}/invoices/{number}"
