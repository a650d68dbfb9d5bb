"""Store credit that is given for goods is no payment in money yet: VAT moves when it is spent (Notice 700/7, W14)."""

from collections.abc import Iterator

from ..canonical.days import books_date
from ..canonical.invoice import InvoiceDraft
from ..canonical.order import Order, Refund
from ..documents.entry import Entries
from ..rules.model import Rules
from .after_sale import documents_after
from .case import Case
from .postings import postings_of


def as_spent(order: Order, entries: Entries, rules: Rules) -> Order:
    """The order as its books look at it: store credit goes back when it is spent, and not before, if the rules say so.

    What is on a credit note stays there, whatever the rules say later.
    """
    if rules.refunds.store_credit == "at_once":
        return order
    booked = entries.receipts(with_doubtful=True)
    refunds = (_as_spent(one) if is_store_credit(one, rules) else one for one in order.refunds)
    left = tuple(one for one in refunds if one.spent_at or one.refund_id in booked or not is_store_credit(one, rules))
    return order.model_copy(update={"refunds": left})


def is_store_credit(refund: Refund, rules: Rules) -> bool:
    return refund.paid_by.method in rules.payments.store_credit_types


def _as_spent(refund: Refund) -> Refund:
    """With the day on which it was spent; it cannot be spent before it is given."""
    spent_at = refund.spent_at or refund.refunded_at
    return refund.model_copy(update={"refunded_at": max(spent_at, refund.refunded_at)})


def journals_by_hand(order: Order, entries: Entries, rules: Rules) -> Iterator[str]:
    """For store credit that is not spent: the journal by which a person takes it off income at the end of a month.

    Raises `PermanentError` if nothing explains what was given.
    """
    counted = {one.refund_id for one in as_spent(order, entries, rules).refunds}
    unspent = {one.refund_id: one for one in order.refunds if one.refund_id not in counted}
    for draft in documents_after(Case(order, entries, rules)) if unspent else ():
        for refund in (unspent[one.payment_id] for one in draft.payments if one.payment_id in unspent):
            yield _journal(draft, refund)


def _journal(draft: InvoiceDraft, refund: Refund) -> str:
    day = books_date(refund.refunded_at)
    income = [
        f"{'debit' if one.net <= 0 else 'credit'} {one.account} {abs(one.net)}" for one in postings_of(draft.lines)
    ]
    return (
        f"{-draft.gross} {draft.currency} was given as store credit ({refund.refund_id}) on {day} and is not spent. To "
        f"be booked by hand at the end of the month, and reversed when it is spent: {', '.join(income)}, debit VAT on "
        f"unspent store credit {-draft.vat}, credit store credit owed {-draft.gross}."
    )
