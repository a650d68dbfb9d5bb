"""A plan: what must be done so that books and shop say what they should. A value, to be printed and compared."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..canonical.customer import Customer
from ..canonical.invoice import InvoiceDraft
from ..canonical.kinds import SALES
from ..canonical.states import OrderState
from ..documents.entry import Draft, Entry


@dataclass(frozen=True)
class EnsureCustomer:
    """The customer exists in the books, with the shop's name and address, in this currency."""

    customer: Customer
    currency: str


@dataclass(frozen=True)
class PostDocument:
    """A document stands in the books, exactly once: an invoice, a receipt, ..."""

    draft: Draft


@dataclass(frozen=True)
class FindOut:
    """A document may stand, or does and was not verified: nothing else is posted until that is known."""

    entry: Entry


@dataclass(frozen=True)
class Report:
    """The shop is sent this state."""

    state: OrderState


Effect = EnsureCustomer | PostDocument | FindOut | Report


@dataclass(frozen=True)
class Plan:
    """Effects in the order in which they are carried out; the report comes last.

    `awaits` says what the order lacks for its invoice to be due; empty if nothing. `left_out` says why it has none.
    """

    effects: tuple[Effect, ...]
    awaits: str = ""
    left_out: str = ""

    @property
    def state(self) -> OrderState:
        """What the order is until the plan has been carried out."""
        return next(effect.state for effect in self.effects if isinstance(effect, Report))

    @property
    def in_shadow(self) -> "Plan":
        """What is done of it for an order that is not posted."""
        return Plan((Report(OrderState.SHADOWED),), left_out=self.left_out)

    @property
    def makes_invoice(self) -> bool:
        return bool(self.sales())

    def sales(self) -> list[InvoiceDraft]:
        """The invoices that are still to be posted, deposits first."""
        return [draft for draft in self.drafts() if isinstance(draft, InvoiceDraft) and draft.kind in SALES]

    def drafts(self) -> Iterator[Draft]:
        """The documents that are still to be posted."""
        return (effect.draft for effect in self.effects if isinstance(effect, PostDocument))

    def after_invoice(self) -> list[PostDocument | FindOut]:
        """What is posted once the invoices stand."""
        posts = [effect for effect in self.effects if isinstance(effect, PostDocument | FindOut)]
        return [one for one in posts if isinstance(one, FindOut) or one.draft.kind not in SALES]
