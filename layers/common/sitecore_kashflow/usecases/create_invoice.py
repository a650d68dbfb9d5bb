"""Step 3: make sure that the invoice is in the books, exactly once, and shows what was meant."""

from dataclasses import replace

from ..canonical.invoice import InvoiceDraft
from ..canonical.money import minor_unit
from ..documents.entry import Entries, Entry
from ..errors import RefusedError
from ..observability import Metric, count
from ..plan.invoice import invoice_draft
from ..plan.order_plan import paid_or_invoiced, plan_order, require_same_sale
from ..rules.model import Rules
from ..runs.records import Job
from ..runs.runs import Runs
from .ensure_customer import wanted_by
from .posting import PostingDesk, order_as_planned


def create_invoice(job: Job, customer_code: str, *, runs: Runs, desk: PostingDesk, rules: Rules) -> tuple[Entry, bool]:
    """Return the verified invoice, and whether the plan has nothing else to post.

    If KashFlow refuses it because the customer's code was changed there, it is posted for the customer's new code.
    """
    record = runs.begin_step(job)
    order = order_as_planned(record, runs)
    entries = desk.entries(job.subject)
    draft = invoice_draft(order, rules)

    def post(code: str, entries: Entries) -> Entry:
        known, behind = entries.get(InvoiceDraft.kind, draft.reference), record.ledger_may_be_behind
        known = known and replace(known, customer_code=code)
        return desk.poster(job, code).post_once(desk.kind_of(draft, rules), draft, known, ledger_may_be_behind=behind)

    try:
        entry = post(customer_code, entries)
    except RefusedError:
        code = desk.customers.find_again(wanted_by(order, rules), customer_code, desk.clock())
        if code is None:
            raise
        entry = post(code, desk.entries(job.subject))
    require_same_sale(draft, entry)
    before = entries.get(InvoiceDraft.kind, draft.reference)
    if draft.vat_drift and (before is None or before.standing is None):
        _sum_up_drift(draft, desk)
    entries = Entries([*entries, entry])
    runs.set_state(job, paid_or_invoiced(entries), desk.clock())
    return entry, not plan_order(order, entries, rules).after_invoice()


def _sum_up_drift(draft: InvoiceDraft, desk: PostingDesk) -> None:
    """Add what the shop's VAT is off to its day, and count it if the shop rounds down more often than by chance."""
    if desk.drift.add(draft.issued_on, draft.vat_drift / minor_unit(draft.currency)).is_downward:
        count(Metric.VAT_ROUNDED_DOWN)
