"""What the bridge would post for an order, without posting anything: the plan, and the body of each document."""

from dataclasses import dataclass
from typing import Any

from ..books.kashflow.customer_links import CustomerLinks
from ..canonical.keys import customer_code
from ..canonical.order import Order
from ..documents.entry import Entries
from ..documents.kinds import NOT_LOOKED_FOR, Intent
from ..errors import PermanentError
from ..plan.effects import Plan
from ..plan.order_plan import plan_order
from ..rules.model import Rules
from ..runs.subject import Subject
from ..shops.shop import Shops
from .posting import PostingDesk


@dataclass(frozen=True)
class PreviewedDocument:
    """A document as it would be posted, and the body that would be sent."""

    intent: Intent
    body: Any


@dataclass(frozen=True)
class Preview:
    """The plan for an order as if nothing had been posted yet, or the reason why it would be parked."""

    order_id: str
    plan: Plan | None = None
    documents: tuple[PreviewedDocument, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Previewer:
    """Plans orders as a run would, without writing anything to either system."""

    shops: Shops
    customers: CustomerLinks
    desk: PostingDesk

    def preview(self, subject: Subject, rules: Rules) -> Preview:
        """Plan the order afresh, by these rules."""
        try:
            reading = self.shops(subject.source).read(subject.id)
            if reading is None:
                return Preview(subject.id, reason=f"Sitecore has no order {subject.id}.")
            order = reading.order(rules)
            plan = plan_order(order, Entries(), rules)
            return Preview(subject.id, plan, tuple(self._documents(plan, order, rules)))
        except PermanentError as error:
            return Preview(subject.id, reason=f"[{error.code}] {error.words}")

    def _documents(self, plan: Plan, order: Order, rules: Rules) -> list[PreviewedDocument]:
        link = self.customers.read(order.customer.key)
        code = link.code if link else customer_code(rules.customers.code_prefix, order.customer.key)
        documents = []
        for draft in plan.drafts():
            kind = self.desk.kind_of(draft, rules)
            intent = kind.intend(draft, code)
            documents.append(PreviewedDocument(intent, kind.body(intent, NOT_LOOKED_FOR)))
        return documents
