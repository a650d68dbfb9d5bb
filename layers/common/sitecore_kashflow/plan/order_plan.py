"""The plan for an order: what the books should hold for it, minus what stands there."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from ..canonical.days import books_date
from ..canonical.invoice import FurtherInvoiceDraft, InvoiceDraft
from ..canonical.kinds import CHARGES, CREDIT_NOTE, SALES
from ..canonical.money import ZERO, minor_unit
from ..canonical.order import Order, OrderStanding
from ..canonical.states import OrderState
from ..documents.entry import Draft, Entries, Entry
from ..errors import PermanentError
from ..rules.model import Rules
from ..rules.verdict import verdict_on
from .after_sale import documents_after
from .bank_transactions import bank_transactions
from .case import Case
from .conditional import left_out_by
from .effects import Effect, EnsureCustomer, FindOut, Plan, PostDocument, Report
from .late_receipts import late_receipts
from .money import in_books
from .periods import vat_period_end
from .set_off import allocations
from .store_credit import as_spent
from .tax_point import missing_evidence

PlanRule = Callable[[Case], Iterator[Draft]]


def plan_order(order: Order, entries: Entries, rules: Rules) -> Plan:
    """The plan for an order that is due, or that was called off after that.

    Raises `PermanentError` for what a person must decide.
    """
    why_left_out = left_out(order, entries, rules)
    if why_left_out:
        return Plan((Report(OrderState.WAITING),), left_out=why_left_out)
    if not entries.posted():
        _require_readable(order)
    case = Case(as_spent(order, entries, rules), entries, rules)
    wanted = [draft for rule in PLAN_RULES for draft in rule(case)]
    missing = [draft for draft in wanted if not _is_settled(draft, entries)]
    effects: list[Effect] = [PostDocument(draft) for draft in sorted(missing, key=lambda draft: _rank(draft, entries))]
    names = {(draft.kind, draft.reference) for draft in wanted}
    unknown = [entry for entry in entries.unsettled() if (entry.kind, entry.reference) not in names]
    effects = [*map(FindOut, unknown), *effects]
    if any(draft.kind in SALES for draft in missing):
        effects.insert(0, EnsureCustomer(order.customer, currency_of_books(order, rules)))
    return Plan((*effects, Report(_state(case, is_complete=not missing))), _awaits(case, order))


def _awaits(case: Case, order: Order) -> str:
    """What the order waits for, as a sentence; empty if nothing. Store credit is given back, though it is not spent."""
    if case.is_called_off:
        held = order.paid - order.refunded - order.charged_back
        is_undone = order.undone_at is not None
        return "" if held <= ZERO or is_undone else _not_given_back(order.status, held)
    if case.split:
        return case.split.awaits
    return "" if case.is_invoice_due else missing_evidence(order)


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
    """The plan for an order that is not due, and for which the books hold nothing.

    Raises `PermanentError` if they do. A cancelled order waits as long as the shop has `held` some of its money: nobody
    else would tell of it.
    """
    if entries.posted():
        names = [f"{one.kind} {one.standing.number}" for one in charges_in(entries) if one.standing]
        raise PermanentError(
            "NOT_DUE_AFTER_INVOICE",
            f"The order is {status} in Sitecore, but the books hold {' and '.join(names) or 'perhaps an invoice'} for "
            "it. Submit or cancel it in Sitecore, then resume; or correct the books in KashFlow and abandon it here.",
        )
    if standing is OrderStanding.CANCELLED and held <= ZERO:
        return Plan((Report(OrderState.CANCELLED),))
    return Plan((Report(OrderState.WAITING),), _not_given_back(status, held) if held > ZERO else "")


def _not_given_back(status: str, held: Decimal) -> str:
    return f"It is {status} in Sitecore, and {held} that came in for it is not given back. Record the refund there."


def has_documents_when_called_off(order: Order, rules: Rules) -> bool:
    """Whether an order that was paid and paid back before it was invoiced has an invoice and a credit note after all.

    It must if the two fall into two VAT periods; in one, as the rule says.
    """
    order = as_spent(order, Entries(), rules)
    received = [books_date(one.received_at) for one in order.payments if one.transaction]
    back = [books_date(one.refunded_at) for one in order.refunds]
    if not received or not back:
        return False
    ends = {vat_period_end(day, rules.orders.vat_periods_end) for day in (*received, *back)}
    return rules.refunds.same_period == "both" or len(ends) > 1


def currency_of_books(order: Order, rules: Rules) -> str:
    """The currency in which the order's invoice is made."""
    return rules.orders.home_currency if rules.currency.mode == "convert_to_home" else order.currency


def settled_state(entries: Entries) -> OrderState:
    """The state of an order whose invoice stands: credited once its documents come to nothing, paid, or invoiced."""
    charges = charges_in(entries)
    charged = sum((one.figures.gross for one in charges), ZERO)
    if not charged and any(one.kind == CREDIT_NOTE for one in charges):
        return OrderState.CREDITED
    return OrderState.PAID if sum(entries.receipts().values(), ZERO) >= charged else OrderState.INVOICED


def charges_in(entries: Entries) -> list[Entry]:
    """The documents that stand and charge the customer, deposits and credit notes among them."""
    return [entry for entry in entries if entry.kind in CHARGES and entry.standing]


def _sale(case: Case) -> Iterator[InvoiceDraft]:
    """An invoice for each part payment before the rest was due; then one for the order, once it has a tax point.

    An order that is invoiced as it leaves has one for each dispatch instead.
    """
    if case.invoice is not None or (case.is_called_off and not _is_booked_all_the_same(case)):
        return
    if case.split:
        yield from case.split.drafts
        return
    _require_kept_deposits(case)
    deposits = case.deposits
    for draft in deposits.drafts:
        _require_same_deposit(draft, case.entries.get(draft.kind, draft.reference))
        yield draft
    if case.is_invoice_due:
        yield deposits.rest


def _is_booked_all_the_same(case: Case) -> bool:
    return not case.entries.posted() and has_documents_when_called_off(case.order, case.rules)


def _require_kept_deposits(case: Case) -> None:
    """Raise `PermanentError` if money that deposits show went back while the order goes on: a person must say why."""
    order = case.order
    if not case.charges or not (order.refunded or order.charged_back):
        return
    sales = [one.figures for one in case.charges if one.kind in SALES]
    shown, held = sum(case.entries.receipts().values(), ZERO), order.paid - order.refunded - order.charged_back
    left = shown - in_books(held, order, sales)
    if left > minor_unit(case.currency):
        raise PermanentError(
            "DEPOSIT_GIVEN_BACK",
            f"{left} {case.currency} of the money that deposits show went back, and the order is {order.status} in "
            "Sitecore. Cancel it there, then resume; or, if it is still to be supplied, credit the deposit in KashFlow "
            "by hand, and abandon the order here.",
        )


def _require_same_deposit(draft: InvoiceDraft, entry: Entry | None) -> None:
    """A deposit in the books is taken off the rest as it stands, so the order may not have changed since."""
    if entry is None or not entry.is_settled or entry.figures.currency != draft.currency:
        return
    figures = entry.figures
    if (draft.net, draft.vat) != (figures.net, figures.vat):
        raise PermanentError(
            "ORDER_CHANGED_AFTER_INVOICE",
            f"Deposit {draft.reference} says {figures.net} + {figures.vat} VAT {figures.currency}; of the order as it "
            f"is now it would be {draft.net} + {draft.vat}. Correct the books in KashFlow and abandon the order here, "
            "or restore the order in Sitecore, then resume.",
        )


def _after_sale(case: Case) -> Iterator[Draft]:
    """Documents for what changed and was given back; then money that came in since; then what is set off.

    Money waits for every invoice that it may be for.
    """
    follow_ups: list[Draft] = list(documents_after(case))
    yield from follow_ups
    if any(isinstance(draft, FurtherInvoiceDraft) for draft in follow_ups):
        return
    receipts = list(late_receipts(case))
    yield from receipts
    if not follow_ups and not receipts:
        yield from allocations(case)


def _state(case: Case, *, is_complete: bool) -> OrderState:
    if case.invoice is not None or (case.is_called_off and case.charges):
        return settled_state(case.entries)
    if case.is_called_off:
        return OrderState.CANCELLED
    if case.split and case.split.is_begun:
        state = settled_state(case.entries)
        return state if case.split.is_finished or state is OrderState.INVOICED else OrderState.WAITING
    if case.split:
        return OrderState.WAITING if is_complete else OrderState.OPENED
    return OrderState.WAITING if is_complete and not case.is_invoice_due else OrderState.OPENED


def _is_settled(draft: Draft, entries: Entries) -> bool:
    entry = entries.get(draft.kind, draft.reference)
    return entry is not None and entry.is_settled


def _rank(draft: Draft, entries: Entries) -> int:
    """What is sold first, then what may stand already: nothing is posted beside a document in doubt."""
    entry = entries.get(draft.kind, draft.reference)
    return 0 if draft.kind in SALES else 1 if entry in entries.in_doubt() else 2


PLAN_RULES: list[PlanRule] = [_sale, _after_sale, bank_transactions]
"""Every rule says which documents the books should hold; a further kind of document is a further rule."""
