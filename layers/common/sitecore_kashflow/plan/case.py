"""What the rules of a plan look at: an order, the documents that the ledger knows, and the shop's rules."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from ..canonical.invoice import InvoiceDraft
from ..canonical.kinds import CHARGES
from ..canonical.order import Order, OrderStanding
from ..documents.entry import Entries, Entry
from ..rules.model import Rules
from .deposits import Deposits, deposits_of
from .invoice import invoice_draft, sale_as_of
from .split_dispatch import Split, split_of
from .tax_point import tax_point


@dataclass(frozen=True)
class Case:
    """An order under rules, and its documents."""

    order: Order
    entries: Entries
    rules: Rules

    @cached_property
    def invoice(self) -> Entry | None:
        """The order's invoice, if it stands and was verified."""
        return next((entry for entry in self.entries.of_kind(InvoiceDraft.kind) if entry.is_settled), None)

    @cached_property
    def charges(self) -> list[Entry]:
        """What charges the customer: every document of that sort which stands and was verified, oldest first."""
        return sorted((one for one in self.entries if one.kind in CHARGES and one.is_settled), key=_number)

    @property
    def first(self) -> Entry:
        """The document that everything after the sale follows: it says the currency, the rate and the tax point."""
        return self.invoice or self.charges[0]

    @property
    def currency(self) -> str:
        """That of its documents, of which there must be one."""
        return self.first.figures.currency

    @property
    def is_charged_in_full(self) -> bool:
        """Whether the order's documents are all there: what follows now is for what happens after the sale."""
        if any(one.kind in CHARGES for one in self.entries.unsettled()):
            return False
        is_invoiced = not self.split.drafts if self.split and not self.is_called_off else self.invoice is not None
        return bool(self.charges) and (is_invoiced or self.is_called_off)

    @property
    def is_called_off(self) -> bool:
        """Whether nothing is to be charged for it any more."""
        return self.order.standing is OrderStanding.CANCELLED or self.order.undone_at is not None

    @property
    def is_invoice_due(self) -> bool:
        """Whether the invoice has a tax point, or may be in the books already."""
        is_posted = any(entry.kind == InvoiceDraft.kind for entry in self.entries.posted())
        return is_posted or tax_point(self.order, self.rules) is not None

    @cached_property
    def split(self) -> Split | None:
        """The order as one that is invoiced as it leaves, if it is."""
        split = split_of(self.order, self.entries, self.rules)
        return None if self.is_called_off and not self.entries.posted() else split

    def sale_as_of(self, day: date) -> InvoiceDraft:
        """What is to be charged by now of the order, whose tax point is this day."""
        sale = sale_as_of(self.order, self.rules, day)
        return self.split.so_far(sale) if self.split else sale

    @cached_property
    def deposits(self) -> Deposits:
        sale = invoice_draft(self.order, self.rules)
        return deposits_of(sale, self.entries, self.rules, tax_point(self.order, self.rules))


def _number(entry: Entry) -> int:
    return entry.standing.number if entry.standing else 0
