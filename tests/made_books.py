"""Books that take every document of a plan at once, as KashFlow would, without KashFlow: plans can be played out."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from sitecore_kashflow.canonical.allocation import AllocationDraft
from sitecore_kashflow.canonical.bank_transaction import BankTransactionDraft
from sitecore_kashflow.canonical.invoice import InvoiceDraft, ReceiptDraft
from sitecore_kashflow.canonical.kinds import CHARGES, CREDIT_NOTE
from sitecore_kashflow.canonical.money import ZERO
from sitecore_kashflow.canonical.order import Order
from sitecore_kashflow.documents.entry import Days, Draft, Entries, Entry, Figures, Standing
from sitecore_kashflow.documents.sold_lines import pack_lines
from sitecore_kashflow.plan.currency import ExchangeRate, convert_to_home
from sitecore_kashflow.plan.effects import Plan
from sitecore_kashflow.plan.order_plan import plan_order
from sitecore_kashflow.plan.periods import in_open_period
from sitecore_kashflow.plan.postings import postings_of
from sitecore_kashflow.rules.model import Rules

MOST_DOCUMENTS = 50


class MadeBooks:
    """The documents of one order. `rate` is that of the books for an order in another currency.

    What is before `first_open_day` is locked.
    """

    def __init__(self, rules: Rules, rate: Decimal = Decimal(1)) -> None:
        self.rules = rules
        self.rate = rate
        self.first_open_day: date | None = None
        self.entries = Entries()
        self.posted: list[Draft] = []

    def settle(self, order: Order) -> Plan:
        """Post what the order needs, one document after the other; returns the last plan, which needs nothing."""
        for _ in range(MOST_DOCUMENTS):
            plan = plan_order(order, self.entries, self.rules)
            draft = next(iter(plan.drafts()), None)
            if draft is None:
                return plan
            self._post(draft)
        raise AssertionError("the plan never comes to an end")

    def _post(self, draft: Draft) -> None:
        if isinstance(draft, InvoiceDraft):
            sold_in, draft = draft.currency, in_open_period(draft, self.first_open_day, self.rules.orders)
            if self._is_converted(draft):
                draft = convert_to_home(draft, ExchangeRate(self.rate), "GBP")
            entry = self._invoice(draft, sold_in)
        else:
            entry = self._entry(draft)
        self.posted.append(draft)
        number = 1000 + len(self.posted)
        self.entries = Entries([*self.entries, replace(entry, status=Standing(number, is_verified=True))])

    def _entry(self, draft: Draft) -> Entry:
        match draft:
            case ReceiptDraft():
                return self._receipt(draft)
            case BankTransactionDraft() | AllocationDraft():
                figures = Figures(draft.currency, draft.amount, ZERO, draft.amount)
                return Entry(draft.kind, draft.reference, "W1", figures, draft.rules_version, days=Days(draft.day))
            case _:
                raise AssertionError(f"no document: {draft}")

    def _receipt(self, draft: ReceiptDraft) -> Entry:
        amount = draft.line.amount
        return Entry(
            kind=draft.kind,
            reference=draft.reference,
            customer_code="W1",
            figures=Figures(draft.currency, amount, ZERO, amount),
            rules_version=draft.rules_version,
            carried={draft.line.payment_id: amount},
            days=Days(draft.line.paid_on, {draft.line.payment_id: draft.line.paid_on}),
            on=draft.invoice_number,
        )

    def _is_converted(self, draft: InvoiceDraft) -> bool:
        return self.rules.currency.mode == "convert_to_home" and draft.rate is None and draft.currency != "GBP"

    def _invoice(self, draft: InvoiceDraft, sold_in: str) -> Entry:
        return Entry(
            kind=draft.kind,
            reference=draft.reference,
            customer_code="W1",
            figures=Figures(
                draft.currency,
                draft.net,
                draft.vat,
                draft.gross,
                draft.rate or self.rate,
                sold_in=sold_in,
                sale=draft.sale,
            ),
            rules_version=draft.rules_version,
            carried={one.payment_id: one.amount for one in draft.payments},
            postings=postings_of(draft.lines),
            days=Days(draft.issued_on, {one.payment_id: one.paid_on for one in draft.payments}),
            sold=pack_lines(draft.lines),
            sent=draft.sent,
        )

    # --- what they say ---------------------------------------------------------------------------------------

    def charges(self) -> list[Entry]:
        return [one for one in self.entries if one.kind in CHARGES]

    def number_of(self, reference: str) -> int:
        return next(one.standing.number for one in self.charges() if one.reference == reference and one.standing)

    @property
    def charged(self) -> Decimal:
        return sum((one.figures.gross for one in self.charges()), ZERO)

    @property
    def paid(self) -> Decimal:
        return sum(self.entries.receipts().values(), ZERO)

    def drafts(self, kind: str = CREDIT_NOTE) -> list[InvoiceDraft]:
        return [one for one in self.posted if isinstance(one, InvoiceDraft) and one.kind == kind]

    def by_account(self, *references: str) -> dict[tuple[int, str], tuple[Decimal, Decimal]]:
        """Net and VAT of the documents, all of them if none is named, by account and box."""
        sums: dict[tuple[int, str], tuple[Decimal, Decimal]] = {}
        for one in self.charges():
            if one.reference in references or not references:
                for posting in one.postings:
                    net, vat = sums.get((posting.account, posting.box), (ZERO, ZERO))
                    sums[posting.account, posting.box] = net + posting.net, vat + posting.vat
        return {key: both for key, both in sums.items() if any(both)}
