"""Step 3: make sure that the invoice is in the books, exactly once, and shows what was meant."""

from ..canonical.invoice import InvoiceDraft
from ..documents.entry import Entries, Entry
from ..plan.invoice import invoice_draft
from ..plan.order_plan import paid_or_invoiced, plan_order, require_same_amounts
from ..rules.model import Rules
from ..runs.records import Job
from ..runs.runs import Runs
from .posting import PostingDesk, order_as_planned


def create_invoice(job: Job, customer_code: str, *, runs: Runs, desk: PostingDesk, rules: Rules) -> tuple[Entry, bool]:
    """Return the verified invoice, and whether the plan has nothing else to post."""
    record = runs.begin_step(job)
    order = order_as_planned(record, runs)
    entries = desk.entries(job.subject)
    draft = invoice_draft(order, rules)
    entry = desk.poster(job, customer_code).post_once(
        desk.kind_of(draft, rules),
        draft,
        entries.get(InvoiceDraft.kind, draft.reference),
        ledger_may_be_behind=record.ledger_may_be_behind,
    )
    require_same_amounts(draft, entry)
    entries = Entries([*entries, entry])
    runs.set_state(job, paid_or_invoiced(entries), desk.clock())
    return entry, not plan_order(order, entries, rules).after_invoice()
