"""Money that is on no invoice: what a customer paid too much, and gift cards that clear what they have paid for."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from ..canonical.bank_transaction import BankTransactionDraft
from ..canonical.days import books_date
from ..canonical.money import ZERO
from ..canonical.order import Payment
from ..errors import PermanentError
from .case import Case
from .division import divide, turn_of
from .statement import statement_of


def bank_transactions(case: Case) -> Iterator[BankTransactionDraft]:
    """A draft for each, once the invoice stands (W12, W21). Where no rule asks for any, there is none."""
    if not case.is_charged_in_full or case.order.undone_at is not None:
        return
    yield from _customers_own(case)
    yield from _gift_cards(case)


def _customers_own(case: Case) -> Iterator[BankTransactionDraft]:
    """What was paid and never charged is the customer's own, until it is given back."""
    rules, order = case.rules, case.order
    code = rules.nominal_codes.customers_money
    if rules.payments.overpaid != "customers_account" or code is None:
        return
    for one in divide(order, statement_of(case)):
        if not one.surplus:
            continue
        moment, _, name = turn_of(one.of)
        paid_by = one.of if isinstance(one.of, Payment) else one.of.paid_by
        is_in = one.surplus > ZERO
        words = f"paid too much for {order.order_id}" if is_in else f"paid back, too much for {order.order_id}"
        draft = _draft(case, name, books_date(moment), (paid_by, one.surplus, code), words)
        yield draft.model_copy(update={"payment": one.of.reference})


def _gift_cards(case: Case) -> Iterator[BankTransactionDraft]:
    """A multi-purpose card that is spent is owed to nobody any more; one that is given back is owed again."""
    rules, order = case.rules, case.order
    if rules.gift_cards.clearing != "bank_transaction":
        return
    code, types = rules.nominal_codes.gift_card, rules.payments.gift_card_types
    for card in order.payments:
        if card.method in types:
            day = books_date(card.received_at)
            yield _draft(case, card.payment_id, day, (card, -card.amount, code), f"gift card spent on {order.order_id}")
    for back in order.refunds:
        if back.paid_by.method in types:
            day, money = books_date(back.refunded_at), (back.paid_by, back.amount, code)
            yield _draft(case, back.refund_id, day, money, f"gift card given back for {order.order_id}")


def _draft(case: Case, name: str, day: date, money: tuple[Payment, Decimal, int], words: str) -> BankTransactionDraft:
    """`money`: the payment through whose account it goes, the amount (positive if it comes in), and the other side."""
    payment, amount, nominal_code = money
    account = case.rules.payments.paid_into(payment, case.order.currency).bank_account
    if account is None:
        raise PermanentError(
            "PAYMENT_ACCOUNT_MISSING",
            f"Payment {payment.payment_id} of {payment.amount} {case.order.currency} goes to KashFlow's default bank "
            "account, and money apart from invoices needs one by its code. Add a row to `payments.accounts`, or set "
            "`payments.bank_account_code`; then resume.",
        )
    return BankTransactionDraft(
        reference=f"{case.order.order_id} {name}",
        day=day,
        currency=case.order.currency,
        amount=amount,
        bank_account=account,
        nominal_code=nominal_code,
        customer_code=case.charges[0].customer_code,
        words=words,
        rules_version=case.rules.version,
    )
