"""Step 3: make sure that the order's invoices are in the books, each exactly once, and show what was meant."""

from dataclasses import dataclass, replace

from ..canonical.invoice import InvoiceDraft
from ..canonical.kinds import OWN_INVOICE
from ..canonical.money import minor_unit
from ..canonical.order import Order
from ..documents.entry import Entries, Entry
from ..errors import RefusedError
from ..observability import Metric, count
from ..plan.order_plan import plan_order
from ..rules.model import Rules
from ..runs.records import Job
from ..runs.runs import Runs
from .ensure_customer import wanted_by
from .hold import note_left_out, require_approved
from .posting import PostingDesk, order_as_planned


def create_invoice(
    job: Job, customer_code: str, *, runs: Runs, desk: PostingDesk, rules: Rules
) -> tuple[Entry | None, bool]:
    """Post the deposits and the invoice that are due. Returns the verified invoice, and whether nothing else is left.

    There is no invoice yet if the plan holds deposits alone. If KashFlow refuses one because the customer's code was
    changed there, it is posted for the customer's new code.
    """
    record = runs.begin_step(job)
    order = order_as_planned(record, runs)
    entries = desk.entries(job.subject)
    invoicing = _Invoicing(job, order, desk, rules, ledger_may_be_behind=record.ledger_may_be_behind)
    plan = plan_order(order, entries, rules)
    if plan.makes_invoice and not entries.posted():
        require_approved(job, record, order, runs=runs, rules=rules)
    for draft in plan.sales():
        entry = invoicing.post(draft, customer_code, entries)
        if draft.vat_drift:
            _sum_up_drift(draft, desk)
        entries = Entries([*entries, entry])
        customer_code = entry.customer_code
    plan = plan_order(order, entries, rules)
    runs.set_state(job, plan.state, desk.clock())
    note_left_out(job, plan, runs)
    return entries.first_of(OWN_INVOICE), not plan.after_invoice()


def _sum_up_drift(draft: InvoiceDraft, desk: PostingDesk) -> None:
    """Add what the shop's VAT is off to its day, and count it if the shop rounds down more often than by chance."""
    if desk.drift.add(draft.issued_on, draft.vat_drift / minor_unit(draft.currency)).is_downward:
        count(Metric.VAT_ROUNDED_DOWN)


@dataclass(frozen=True)
class _Invoicing:
    """Posts invoices of one run, for a customer whose code may have been changed."""

    job: Job
    order: Order
    desk: PostingDesk
    rules: Rules
    ledger_may_be_behind: bool

    def post(self, draft: InvoiceDraft, code: str, entries: Entries) -> Entry:
        try:
            return self._post(draft, code, entries)
        except RefusedError:
            found = self.desk.customers.find_again(wanted_by(self.order, self.rules), code, self.desk.clock())
            if found is None:
                raise
            return self._post(draft, found, self.desk.entries(self.job.subject))

    def _post(self, draft: InvoiceDraft, code: str, entries: Entries) -> Entry:
        known = entries.get(draft.kind, draft.reference)
        known = known and replace(known, customer_code=code)
        kind, behind = self.desk.kind_of(draft, self.rules), self.ledger_may_be_behind
        return self.desk.poster(self.job, code).post_once(kind, draft, known, ledger_may_be_behind=behind)
