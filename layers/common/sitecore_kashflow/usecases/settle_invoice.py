"""Step 4: post what else the plan holds, such as money that came in after the invoice."""

from dataclasses import dataclass
from decimal import Decimal

from ..canonical.kinds import OWN_INVOICE
from ..canonical.money import ZERO
from ..documents.entry import Entries
from ..errors import PermanentError
from ..observability import LogCode, note
from ..plan.effects import FindOut
from ..plan.order_plan import charges_in, plan_order
from ..rules.model import Rules
from ..runs.records import ABANDONED, Job
from ..runs.runs import Runs
from .posting import PostingDesk, order_as_planned


@dataclass(frozen=True)
class Settlement:
    """The invoice's number, and the money received for it, in its currency. `invoice_number` is None if none stands."""

    invoice_number: int | None
    paid: Decimal
    currency: str


def settle_invoice(job: Job, *, runs: Runs, desk: PostingDesk, rules: Rules) -> Settlement:
    """Post the rest of the plan, one document at a time: those in doubt first; after each, plan anew.

    For an abandoned order nothing is posted: all that is left is to find out what became of earlier posts.
    """
    record = runs.begin_step(job)
    entries = desk.entries(job.subject)
    if record.state == ABANDONED:
        return _find_out(job, entries, desk, rules)
    order = order_as_planned(record, runs)
    charges = charges_in(entries) or entries.in_doubt()
    if not charges:
        raise PermanentError("INVOICE_MISSING", "There is no invoice to settle. Resume the order afresh.")
    first = entries.first_of(OWN_INVOICE) or charges[0]
    poster = desk.poster(job, first.customer_code)
    documents = 0
    while posts := plan_order(order, entries, rules).after_invoice():
        post = posts[0]
        if isinstance(post, FindOut):
            found = poster.find_out(desk.kind(post.entry.kind, rules), post.entry)
            entries = Entries([*entries, found]) if found else entries.without(post.entry)
        else:
            draft = post.draft
            posted = poster.post_once(
                desk.kind_of(draft, rules),
                draft,
                entries.get(draft.kind, draft.reference),
                ledger_may_be_behind=record.ledger_may_be_behind,
            )
            entries = Entries([*entries, posted])
        documents += 1
    number = _number_of(entries)
    note(LogCode.ORDER_SETTLED, number=number, documents=documents)
    runs.set_state(job, plan_order(order, entries, rules).state, desk.clock())
    return Settlement(number, sum(entries.receipts().values(), ZERO), first.figures.currency)


def _find_out(job: Job, entries: Entries, desk: PostingDesk, rules: Rules) -> Settlement:
    """Look for the documents in doubt: each stands then, or is forgotten."""
    for entry in entries.in_doubt():
        desk.poster(job, entry.customer_code).find_out(desk.kind(entry.kind, rules), entry)
    entries = desk.entries(job.subject)
    invoice = entries.first_of(OWN_INVOICE)
    currency = invoice.figures.currency if invoice else ""
    return Settlement(_number_of(entries), sum(entries.receipts().values(), ZERO), currency)


def _number_of(entries: Entries) -> int | None:
    invoice = entries.first_of(OWN_INVOICE)
    return invoice.standing.number if invoice and invoice.standing else None
