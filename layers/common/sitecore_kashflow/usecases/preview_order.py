"""What a run would do for an order now, without doing it: the plan, and the body of each document."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ..books.kashflow.customer_links import CustomerLinks
from ..canonical.invoice import ReceiptDraft
from ..canonical.keys import customer_code
from ..canonical.order import Order, OrderStanding
from ..documents.entry import Draft, Entries, Entry, Standing
from ..documents.kinds import NOT_LOOKED_FOR, Intent
from ..errors import PermanentError
from ..plan.conditional import require_approval
from ..plan.effects import Plan
from ..plan.order_plan import plan_order
from ..plan.store_credit import journals_by_hand
from ..rules.model import Rules
from ..rules.verdict import NOTHING_SAID, Verdict, verdict_on
from ..runs.records import Undone
from ..runs.subject import Subject
from ..shops.shop import Shops
from .posting import PostingDesk
from .prepare_order import as_decided, asked_for, plan_for

if TYPE_CHECKING:
    from .enrich_order import Enricher


@dataclass(frozen=True)
class PreviewedDocument:
    """A document as it would be posted: the body that would be sent, and what the ledger knows of it already.

    There is no body if the books show the document already, although the ledger does not know it.
    """

    intent: Intent
    body: Any
    known: Entry | None = None


NOT_UNDONE = Undone()
_MOST_ROUNDS = 20
_ONE_DAY = Standing(0, is_verified=True)
"""The place of a document that is only foreseen."""
NOT_IN_SITECORE = "ORDER_NOT_IN_SITECORE"


@dataclass(frozen=True)
class Preview:
    """The plan for an order whose status in the shop is `status`, or the reason why it would be parked.

    `known` are the documents that the plan reckoned with, `verdict` what conditional rules say, `by_hand` what a person
    is to book beside them.
    """

    order_id: str
    status: str = ""
    standing: OrderStanding | None = None
    plan: Plan | None = None
    documents: tuple[PreviewedDocument, ...] = ()
    known: tuple[Entry, ...] = ()
    reason: PermanentError | None = None
    verdict: Verdict = NOTHING_SAID
    by_hand: tuple[str, ...] = ()


@dataclass(frozen=True)
class Previewer:
    """Plans orders as a run would, without writing anything to either system.

    `function` is the ARN of the shop's own, and `enricher` gives what asks it.
    """

    shops: Shops
    customers: CustomerLinks
    desk: PostingDesk
    enricher: "Callable[[str], Enricher]"
    function: str = ""

    def preview(
        self, subject: Subject, rules: Rules, approved: Iterable[str] = (), undone: Undone = NOT_UNDONE
    ) -> Preview:
        """Plan what a run would do now, by these rules; `approved` are the keys of what a person has approved.

        `undone`: what a person has decided of its documents, or as if one had.
        """
        return self._preview(subject, rules, self.desk.entries(subject), approved, undone)

    def preview_anew(self, subject: Subject, rules: Rules) -> Preview:
        """Plan as if nothing had been posted for the order yet."""
        return self._preview(subject, rules, Entries())

    def _preview(
        self,
        subject: Subject,
        rules: Rules,
        entries: Entries,
        approved: Iterable[str] = (),
        undone: Undone = NOT_UNDONE,
    ) -> Preview:
        seen = Preview(subject.id, known=tuple(entries))
        try:
            reading = self.shops(subject.source).read(subject.id)
            if reading is None:
                gone = PermanentError(NOT_IN_SITECORE, f"Sitecore has no order {subject.id}.")
                return replace(seen, reason=gone)
            seen = replace(seen, status=reading.status)
            seen = replace(seen, standing=reading.standing(rules.orders))
            enriched = as_decided(undone, partial(self._enriched, subject=subject, entries=entries))
            plan, order = plan_for(reading, entries, rules, enriched)
            seen = replace(seen, plan=plan)
            return seen if order is None else self._planned(seen, order, rules, approved)
        except PermanentError as error:
            return replace(seen, reason=error)

    def _enriched(self, order: Order, subject: Subject, entries: Entries) -> Order:
        function = self.function or asked_for(entries)
        if not function:
            return order
        return self.enricher(function).previewed(order, subject, is_posted=bool(entries.posted()))

    def _planned(self, seen: Preview, order: Order, rules: Rules, approved: Iterable[str]) -> Preview:
        entries = Entries(seen.known)
        seen = replace(seen, verdict=verdict_on(order, rules.conditional))
        seen = replace(seen, documents=tuple(self._documents(order, entries, rules)))
        seen = replace(seen, by_hand=tuple(journals_by_hand(order, entries, rules)))
        plan = plan_order(order, entries, rules)
        try:
            if plan.makes_invoice and not entries.posted():
                require_approval(order, seen.verdict, approved)
        except PermanentError as error:  # whoever approves it wants to see what
            return replace(seen, reason=error)
        return seen

    def _documents(self, order: Order, entries: Entries, rules: Rules) -> Iterator[PreviewedDocument]:
        """Those of the plan, and those that follow once they stand, such as the credit note of a refund."""
        link = self.customers.read(order.customer.key)
        code = link.code if link else customer_code(rules.customers.code_prefix, order.customer.key)
        for _ in range(_MOST_ROUNDS):
            drafts = [one for one in plan_order(order, entries, rules).drafts() if not _is_for_a_later_number(one)]
            found = [self._document(draft, code, entries, rules) for draft in drafts]
            yield from found
            if not found:
                return
            standing = [replace(one.intent.entry, status=_ONE_DAY) for one in found]
            entries = Entries([*entries, *standing])

    def _document(self, draft: Draft, code: str, entries: Entries, rules: Rules) -> PreviewedDocument:
        kind = self.desk.kind_of(draft, rules)
        intent = kind.intend(draft, code)
        finding = kind.look(intent.entry) if kind.looks_before_first_post else NOT_LOOKED_FOR
        body = kind.body(intent, finding) if finding.number is None else None
        return PreviewedDocument(intent, body, entries.get(draft.kind, draft.reference))


def _is_for_a_later_number(draft: Draft) -> bool:
    """Whether it is written on an invoice that does not stand yet, so that nobody can say how it would look."""
    return isinstance(draft, ReceiptDraft) and not draft.invoice_number
