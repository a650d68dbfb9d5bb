"""Money that came in after the invoice, on the documents that are still to be paid; and money that a bank took back."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from ..canonical.days import books_date
from ..canonical.invoice import PaymentLine, ReceiptDraft
from ..canonical.kinds import CREDIT_NOTE, DEPOSIT, RECEIPT, SALES
from ..canonical.money import ZERO, minor_unit
from ..canonical.order import Chargeback, Payment
from ..documents.entry import Entries, Entry
from ..errors import PermanentError
from .case import Case
from .currency import receipts_in
from .division import Statement
from .money import money_that_left, receipts_for, require_fitting_money, surplus_of
from .receipts import receipt_line
from .set_off import open_amount
from .statement import statement_of


def late_receipts(case: Case) -> Iterator[ReceiptDraft]:
    """A draft for each part of a payment that no document shows yet. Raises `PermanentError` if one has changed."""
    if not case.is_charged_in_full or case.order.undone_at is not None:
        return
    order, rules = case.order, case.rules.payments
    statement = statement_of(case)
    _require_fitting_money(case, statement)
    shown = _shown_by_deposits(case)
    others = tuple(one for one in receipts_for(order, statement) if one.payment_id not in shown)
    payments = order.model_copy(update={"payments": others})
    figures = (case.invoice or case.charges[0]).figures
    received = receipts_in(figures.currency, payments, figures.rate, case.entries.receipts(with_doubtful=True))
    total = sum((one.amount for one in receipts_in(figures.currency, payments, figures.rate, {})), ZERO)
    _require_same_receipts(case, received, total)
    booked = _booked(case, [one for one in case.entries if one.is_settled])
    dues = _dues(case)
    for payment in received:
        missing = payment.amount - booked.get(payment.payment_id, ZERO)
        for number, amount in _shared_out(missing, dues):
            dues[number] -= amount
            if not rules.is_imported(payment, order.currency):
                part = payment.model_copy(update={"amount": amount})
                yield _draft(case, number, receipt_line(part, order.currency, rules))
    yield from _chargebacks(case, statement)


def _require_fitting_money(case: Case, statement: Statement) -> None:
    """Raise `PermanentError` for money that no document is for, if no rule says where it goes.

    Of an order that is sent in parts the rest is neither charged yet, nor is what was paid for it the customer's own.
    """
    order, surplus = case.order, surplus_of(case.order, statement)
    if case.split and not case.split.is_finished and surplus > ZERO:
        raise PermanentError(
            "PAID_BEFORE_DISPATCH",
            f"The shop received {surplus} {order.currency} more than the {statement.charged} for what was sent and "
            f"invoiced, and not the whole {order.owed}. Resume once the rest is sent or paid; or book the part payment "
            "in KashFlow and abandon the order here.",
        )
    require_fitting_money(order, statement, case.rules.payments)


def _booked(case: Case, entries: Iterable[Entry]) -> dict[str, Decimal]:
    """What documents show of each payment, apart from deposits. Money that went back has names of its own."""
    back = {one.refund_id for one in case.order.refunds} | {one.chargeback_id for one in case.order.chargebacks}
    back |= _shown_by_deposits(case)
    found = Entries(entries).receipts()
    return {name: amount for name, amount in found.items() if amount and name not in back}


def _shown_by_deposits(case: Case) -> set[str]:
    """The payments that deposits show, each of which looks after its own; not those that were undone."""
    booked = case.entries.receipts(with_doubtful=True)
    return {name for one in case.entries.of_kind(DEPOSIT) for name in one.carried if booked.get(name)}


def _dues(case: Case) -> dict[int, Decimal]:
    """What is still to be paid of each invoice, by its number, oldest first."""
    invoices = [one for one in case.charges if one.kind != CREDIT_NOTE]
    return {one.standing.number: open_amount(case, one) for one in invoices if one.standing}


def _shared_out(amount: Decimal, dues: Mapping[int, Decimal]) -> list[tuple[int, Decimal]]:
    """Money goes to the invoice that it pays to the penny, else to the oldest ones; what is over, to the first."""
    if amount <= ZERO:
        return []
    exact = next((number for number, due in dues.items() if due == amount), None)
    if exact is not None:
        return [(exact, amount)]
    found = dict[int, Decimal]()
    for number, due in dues.items():
        part = min(amount, due)
        if part > ZERO:
            found[number] = part
            amount -= part
    if amount > ZERO:
        first = next(iter(dues))
        found[first] = found.get(first, ZERO) + amount
    return list(found.items())


def _draft(case: Case, number: int, line: PaymentLine) -> ReceiptDraft:
    """The receipt, named apart from earlier parts of the same payment on other invoices."""
    first = case.charges[0].figures
    names = [
        one.reference for one in case.entries.of_kind(RECEIPT) if line.payment_id in one.carried and one.is_settled
    ]
    return ReceiptDraft(
        invoice_number=number,
        currency=first.currency,
        line=line,
        part=len(names) + 1,
        rules_version=case.rules.version,
    )


def _chargebacks(case: Case, statement: Statement) -> Iterator[ReceiptDraft]:
    """Money that the customer's bank took back is a negative receipt on the invoice that it had paid (W18)."""
    settled, rules = Entries(one for one in case.entries if one.is_settled), case.rules.payments
    booked, sales = settled.receipts(), [one.figures for one in case.charges if one.kind in SALES]
    for one, amount in money_that_left(case.order, statement, sales):
        if isinstance(one, Chargeback) and one.chargeback_id not in booked:
            line = PaymentLine(
                payment_id=one.chargeback_id,
                paid_on=books_date(one.taken_at),
                amount=-amount,
                reference=one.reference,
                paid_into=rules.paid_into(one.paid_by, case.order.currency),
            )
            yield _draft(case, _paid_by(case, one.paid_by), line)


def _paid_by(case: Case, payment: Payment) -> int:
    """The number of the invoice that shows a payment; the first one's if none does."""
    for entry in case.entries:
        if payment.payment_id in entry.carried and entry.standing and entry.kind != CREDIT_NOTE:
            return entry.on or entry.standing.number
    first = case.charges[0].standing
    return first.number if first else 0


def _require_same_receipts(case: Case, received: tuple[Payment, ...], total: Decimal) -> None:
    """Raise `PermanentError`, before anything is added, if money in the books is not as the shop has it now."""
    booked, currency = _booked(case, case.entries), case.charges[0].figures.currency
    now = {payment.payment_id: payment.amount for payment in received}
    gone = {name: amount for name, amount in booked.items() if name not in now}
    new = {name: amount for name, amount in now.items() if name not in booked}
    number = _numbers(case.charges)
    if gone and new and all(amount > ZERO for amount in gone.values()):
        raise PermanentError(
            "PAYMENT_REPLACED",
            f"Invoice {number} shows {_in_words(gone, currency)}, which Sitecore no longer has; "
            f"{_in_words(new, currency)} came instead. If it is the same money, the books are right: abandon "
            "the order here. Otherwise correct the receipts in KashFlow and abandon it, or the payments in Sitecore, "
            "then resume.",
        )
    may_grow = sum(one.kind != CREDIT_NOTE for one in case.charges) > 1  # a payment may be for several of them
    changed = (
        name not in now or now[name] < amount or (now[name] > amount and not may_grow)
        for name, amount in booked.items()
    )
    parts = [name for one in case.entries.posted() for name in one.carried if name in now]
    is_converted = currency != case.order.currency
    pennies = minor_unit(currency) * (len(parts) - len(set(parts))) if is_converted else ZERO  # of payments in parts
    if any(changed) or abs(sum(now.values()) - total) > pennies:
        raise PermanentError(
            "PAYMENT_CHANGED",
            f"The shop has received {total} {currency}, invoice {number} shows "
            f"{sum(booked.values(), ZERO)}: a payment or a refund that stands in KashFlow has changed in Sitecore. "
            "Correct it in KashFlow and abandon the order here, or in Sitecore, then resume.",
        )


def _numbers(charges: list[Entry]) -> str:
    return " and ".join(str(one.standing.number) for one in charges if one.standing and one.kind != CREDIT_NOTE)


def _in_words(payments: Mapping[str, Decimal], currency: str) -> str:
    return ", ".join(f"payment {name} of {amount} {currency}" for name, amount in payments.items())
