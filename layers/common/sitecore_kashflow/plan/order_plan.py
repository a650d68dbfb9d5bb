"""The plan for an order: what the books should hold for it, minus what stands there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from ..canonical.invoice import InvoiceDraft, ReceiptDraft
from ..canonical.kinds import DEPOSIT, SALES
from ..canonical.money import ZERO
from ..canonical.order import Order, OrderStanding, Payment
from ..canonical.states import OrderState
from ..documents.entry import Draft, Entries, Entry
from ..errors import PermanentError
from ..rules.model import Rules
from ..rules.verdict import verdict_on
from .conditional import left_out_by
from .currency import ExchangeRate, convert_to_home, receipts_in
from .deposits import Deposits, deposits_of
from .effects import Effect, EnsureCustomer, FindOut, Plan, PostDocument, Report
from .invoice import invoice_draft
from .receipts import receipt_line, require_fitting_money
from .tax_point import missing_evidence, tax_point


@dataclass(frozen=True)
class Case:
    """What a rule of the plan looks at."""

    order: Order
    entries: Entries
    rules: Rules

    @property
    def invoice(self) -> Entry | None:
        """The order's invoice, if it stands and was verified."""
        return next((entry for entry in self.entries.of_kind(InvoiceDraft.kind) if entry.is_settled), None)

    @property
    def is_under_other_rules(self) -> bool:
        """Whether the invoice stands, and was made under other rules than those in force."""
        return self.invoice is not None and self.invoice.rules_version != self.rules.version

    @property
    def is_invoice_due(self) -> bool:
        """Whether the invoice has a tax point, or may be in the books already."""
        is_posted = any(entry.kind == InvoiceDraft.kind for entry in self.entries.posted())
        return is_posted or tax_point(self.order, self.rules) is not None

    @cached_property
    def deposits(self) -> Deposits:
        sale = invoice_draft(self.order, self.rules)
        return deposits_of(sale, self.entries, self.rules, tax_point(self.order, self.rules))

    @property
    def order_without_deposits(self) -> Order:
        """The order with those payments that no deposit in the books shows."""
        shown = {name for entry in self.entries.of_kind(DEPOSIT) for name in entry.carried}
        payments = tuple(one for one in self.order.payments if one.payment_id not in shown)
        return self.order.model_copy(update={"payments": payments})


PlanRule = Callable[[Case], Iterator[Draft]]


def plan_order(order: Order, entries: Entries, rules: Rules) -> Plan:
    """The plan for an order that is due. Raises `PermanentError` for what a person must decide."""
    why_left_out = left_out(order, entries, rules)
    if why_left_out:
        return Plan((Report(OrderState.WAITING),), left_out=why_left_out)
    if not entries.posted():
        _require_readable(order)
    case = Case(order, entries, rules)
    wanted = [draft for rule in PLAN_RULES for draft in rule(case)]
    missing = [draft for draft in wanted if not _is_settled(draft, entries)]
    effects: list[Effect] = [PostDocument(draft) for draft in sorted(missing, key=lambda draft: _rank(draft, entries))]
    names = {(draft.kind, draft.reference) for draft in wanted}
    effects = [FindOut(entry) for entry in entries.in_doubt() if (entry.kind, entry.reference) not in names] + effects
    if any(draft.kind in SALES for draft in missing):
        effects.insert(0, EnsureCustomer(order.customer, currency_of_books(order, rules)))
    awaits = "" if case.is_invoice_due else missing_evidence(order)
    return Plan((*effects, Report(_state(case, is_complete=not missing))), awaits)


def _require_readable(order: Order) -> None:
    """Once something of it is posted, what cannot be read any more changes nothing."""
    for one in order.unreadable:
        raise PermanentError(one.code, one.words)


def left_out(order: Order, entries: Entries, rules: Rules) -> str:
    """Why an order that is due has no invoice; empty if it has one, or is to have one."""
    if entries.posted():
        return ""
    if not order.total and rules.orders.zero_total == "leave_out":
        return "It comes to nothing, and `orders.zero_total` leaves such orders out."
    return left_out_by(verdict_on(order, rules.conditional))


def plan_order_not_due(status: str, standing: OrderStanding, entries: Entries, held: Decimal = ZERO) -> Plan:
    """The plan for an order that is not due. Raises `PermanentError` if the books hold something for it already.

    A cancelled order waits as long as the shop has `held` some of its money: nobody else would tell of it.
    """
    if entries.posted():
        names = [f"{one.kind} {one.standing.number}" for one in invoices_in(entries) if one.standing]
        raise PermanentError(
            "CANCELLED_AFTER_INVOICE",
            f"The order is {status} in Sitecore, but the books hold {' and '.join(names) or 'perhaps an invoice'} for "
            "it. Make the credit note in KashFlow, then abandon the order here.",
        )
    if standing is OrderStanding.CANCELLED and held <= ZERO:
        return Plan((Report(OrderState.CANCELLED),))
    kept = f"It is {status} in Sitecore, and {held} that came in for it is not given back. Record the refund there."
    return Plan((Report(OrderState.WAITING),), kept if held > ZERO else "")


def currency_of_books(order: Order, rules: Rules) -> str:
    """The currency in which the order's invoice is made."""
    return rules.orders.home_currency if rules.currency.mode == "convert_to_home" else order.currency


def paid_or_invoiced(entries: Entries) -> OrderState:
    """The state of an order whose invoice stands."""
    charged = sum((one.figures.gross for one in invoices_in(entries)), ZERO)
    return OrderState.PAID if sum(entries.receipts().values(), ZERO) >= charged else OrderState.INVOICED


def invoices_in(entries: Entries) -> list[Entry]:
    """The invoices that stand, deposits among them."""
    return [entry for entry in entries if entry.kind in SALES and entry.standing]


def require_same_sale(draft: InvoiceDraft, entry: Entry) -> None:
    """Raise `PermanentError` if the order has become another than the invoice that stands for it."""
    figures, sold_in = entry.figures, draft.currency
    if draft.currency != figures.currency and figures.rate is not None:
        draft = convert_to_home(draft, ExchangeRate(figures.rate, figures.rate_day), figures.currency)
    is_same_sale = figures.sold_in in (None, sold_in)
    if not is_same_sale or (draft.net, draft.vat, draft.currency) != (figures.net, figures.vat, figures.currency):
        was_sold = "" if is_same_sale else f" for a sale in {figures.sold_in}, and it is now sold in {sold_in}"
        raise _changed(
            f"says {figures.net} + {figures.vat} VAT {figures.currency}{was_sold}; the order is now "
            f"{draft.net} + {draft.vat} {draft.currency}",
            entry,
        )
    _require_same_goods(draft.goods, entry)
    if draft.treatment and figures.treatment and draft.treatment != figures.treatment:
        raise _changed("was made under other VAT rules than the order falls under now", entry)


def _require_same_total(case: Case, invoice: Entry) -> None:
    """The same for an invoice made under other rules: its goods and the total are held to, its VAT is not asked again.

    Rules that change later are no reason to look again at what was lawfully invoiced.
    """
    order, figures = case.order, invoice.figures
    sold_for = sum((one.figures.sold_for or one.figures.gross for one in invoices_in(case.entries)), ZERO)
    sold_in = figures.sold_in or figures.currency
    if (order.owed, order.currency) != (sold_for, sold_in):
        raise _changed(f"is for {sold_for} {sold_in}; the order is now {order.owed} {order.currency}", invoice)
    _require_same_goods(order.goods, invoice)


def _require_same_goods(goods: str | None, entry: Entry) -> None:
    if goods and entry.figures.goods and goods != entry.figures.goods:
        raise _changed("names other products, quantities or destinations than the order has now", entry)


def _changed(how: str, entry: Entry) -> PermanentError:
    return PermanentError(
        "ORDER_CHANGED_AFTER_INVOICE",
        f"Invoice {entry.standing.number if entry.standing else None} {how}. Correct the books in KashFlow and abandon "
        "the order here, or restore the order in Sitecore, then resume.",
    )


def _deposits(case: Case) -> Iterator[InvoiceDraft]:
    """An invoice for each part payment that came in before the rest was due."""
    if case.is_under_other_rules:
        return
    for draft in case.deposits.drafts:
        entry = case.entries.get(draft.kind, draft.reference)
        if entry is not None and entry.is_settled:
            require_same_sale(draft, entry)
        yield draft


def _invoice(case: Case) -> Iterator[InvoiceDraft]:
    """One invoice for an order once it has a tax point, with the receipts known so far."""
    if case.invoice is not None and case.is_under_other_rules:
        _require_same_total(case, case.invoice)
        return
    if not case.is_invoice_due:
        return
    draft = case.deposits.rest
    if case.invoice is not None:
        require_same_sale(draft, case.invoice)
    yield draft


def _late_receipts(case: Case) -> Iterator[ReceiptDraft]:
    """Money that came in after the invoice was posted: each payment that it does not show already."""
    invoice = case.invoice
    if invoice is None or invoice.standing is None:
        return
    require_fitting_money(case.order)
    figures, order = invoice.figures, case.order_without_deposits
    received = receipts_in(figures.currency, order, figures.rate, case.entries.receipts(with_doubtful=True))
    _require_same_receipts(case, received, invoice)
    sold_in, payment_rules = case.order.currency, case.rules.payments
    for payment in received:
        if payment.payment_id not in invoice.carried and not payment_rules.is_imported(payment, sold_in):
            yield ReceiptDraft(
                invoice_number=invoice.standing.number,
                currency=figures.currency,
                line=receipt_line(payment, sold_in, payment_rules),
                rules_version=case.rules.version,
            )


def _require_same_receipts(case: Case, received: Sequence[Payment], invoice: Entry) -> None:
    """Raise `PermanentError`, before anything is added, if a receipt in the books is not as the shop has it now."""
    booked = case.entries.receipts(leave_out=DEPOSIT)
    figures, number = invoice.figures, invoice.standing.number if invoice.standing else None
    now = {payment.payment_id: payment.amount for payment in received}
    gone = {name: amount for name, amount in booked.items() if name not in now}
    new = {name: amount for name, amount in now.items() if name not in booked}
    if gone and new:
        raise PermanentError(
            "PAYMENT_REPLACED",
            f"Invoice {number} shows {_in_words(gone, figures.currency)}, which Sitecore no longer has; "
            f"{_in_words(new, figures.currency)} came instead. If it is the same money, the books are right: abandon "
            "the order here. Otherwise correct the receipts in KashFlow and abandon it, or the payments in Sitecore, "
            "then resume.",
        )
    total = sum(
        payment.amount for payment in receipts_in(figures.currency, case.order_without_deposits, figures.rate, {})
    )
    if now != booked | new or sum(now.values()) != total:
        raise PermanentError(
            "PAYMENT_CHANGED",
            f"The shop has received {total} {figures.currency}, invoice {number} shows {sum(booked.values(), ZERO)}: a "
            "payment that stands in KashFlow has changed in Sitecore. Correct the receipt in KashFlow and abandon the "
            "order here, or the payment in Sitecore, then resume.",
        )


def _in_words(payments: Mapping[str, Decimal], currency: str) -> str:
    return ", ".join(f"payment {name} of {amount} {currency}" for name, amount in payments.items())


def _state(case: Case, *, is_complete: bool) -> OrderState:
    if case.invoice is not None:
        return paid_or_invoiced(case.entries)
    return OrderState.WAITING if is_complete and not case.is_invoice_due else OrderState.OPENED


def _is_settled(draft: Draft, entries: Entries) -> bool:
    entry = entries.get(draft.kind, draft.reference)
    return entry is not None and entry.is_settled


def _rank(draft: Draft, entries: Entries) -> int:
    """What is sold first, then what may stand already: nothing is posted beside a document in doubt."""
    entry = entries.get(draft.kind, draft.reference)
    return 0 if draft.kind in SALES else 1 if entry in entries.in_doubt() else 2


PLAN_RULES: list[PlanRule] = [_deposits, _invoice, _late_receipts]
"""Every rule says which documents the books should hold; a further kind of document is a further rule."""
