"""What is given back as store credit moves no VAT until it is spent (W14)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sitecore_kashflow.canonical.order import Order, OrderStanding
from sitecore_kashflow.canonical.states import OrderState
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.store_credit import journals_by_hand
from tests.builders import line, order, order_return, payment, returned, rules, transaction, worksheet
from tests.made_books import MadeBooks

OWN = """
payments:
  store_credit_types: [SpendingAccount]
  accounts: [{type: SpendingAccount, bank_account: "1225", method: Store credit}]
"""
WHEN_SPENT = rules(OWN)
AT_ONCE = rules(OWN + "refunds: {store_credit: at_once}\n")
Raw = dict[str, Any]
GIVEN_ON, SPENT_ON = date(2026, 12, 5), date(2027, 1, 20)


def given(spent: object = None, amount: str = "-12.00") -> Raw:
    """The payment of a return, as store credit, and when it was spent."""
    back = transaction("SpendingAccountRefund", amount, ID="back", DateExecuted="2026-12-05T10:00:00+00:00")
    xp = None if spent is None else {"SpentOn": spent}
    return payment(back, ID="credit", Type="SpendingAccount", amount=amount, OrderReturnID="ret-1", xp=xp)


def sold(*payments: Raw, by: Any = WHEN_SPENT, **changes: Any) -> Order:
    """2 mugs and delivery, 29.94, paid by card; one mug may be given back."""
    card = payment(transaction(), ID="card")
    back = [order_return(returned(quantity=1), amount="12.00")] if payments else []
    return order(worksheet(), [card, *payments], by, returns=back).model_copy(update=changes)


def settled(*orders: Order, by: Any = WHEN_SPENT) -> MadeBooks:
    books = MadeBooks(by)
    for one in orders:
        books.settle(one)
    return books


def test_nothing_is_credited_while_store_credit_is_not_spent() -> None:
    books = MadeBooks(WHEN_SPENT)
    books.settle(sold())
    plan = books.settle(sold(given()))
    assert (books.drafts(), books.paid, plan.state, plan.awaits) == ([], Decimal("29.94"), OrderState.PAID, "")


@pytest.mark.parametrize("spent", ["2027-01-20", "2027-01-20T23:30:00+00:00", "2027-01-20T12:00:00Z"])
def test_once_it_is_spent_the_goods_are_credited_on_that_day_through_its_own_account(spent: str) -> None:
    books = settled(sold(), sold(given()), sold(given(spent)))
    (note,) = books.drafts()
    assert (note.issued_on, note.net, note.vat) == (SPENT_ON, Decimal("-10.00"), Decimal("-2.00"))
    (money,) = note.payments
    assert (money.amount, money.paid_on, money.paid_into.bank_account) == (Decimal("-12.00"), SPENT_ON, "1225")


def test_where_it_can_be_withdrawn_in_cash_it_is_credited_when_it_is_given() -> None:
    (note,) = settled(sold(by=AT_ONCE), sold(given(), by=AT_ONCE), by=AT_ONCE).drafts()
    assert note.issued_on == GIVEN_ON


def test_money_that_goes_back_is_credited_at_once_beside_store_credit() -> None:
    cash = transaction("CreditCardRefund", "-5.00", ID="cash", DateExecuted="2026-12-06T10:00:00+00:00")
    card = payment(transaction(), cash, ID="card")
    both = order(worksheet(), [card, given()], WHEN_SPENT, returns=[order_return(returned(quantity=1), amount="12.00")])
    (note,) = settled(sold(), both).drafts()
    assert (note.gross, note.issued_on) == (Decimal("-5.00"), date(2026, 12, 6))


def test_what_was_credited_stays_so_when_the_rule_changes() -> None:
    books = settled(sold(by=AT_ONCE), sold(given(), by=AT_ONCE), by=AT_ONCE)
    books.rules = rules(OWN + "version: later\n")
    books.settle(sold(given()))
    books.settle(sold(given("2027-01-20")))
    assert len(books.drafts()) == 1


def test_an_order_that_is_called_off_for_store_credit_awaits_no_money_and_is_credited_when_that_is_spent() -> None:
    gone: dict[str, Any] = {"standing": OrderStanding.CANCELLED, "status": "Canceled"}
    books = MadeBooks(WHEN_SPENT)
    books.settle(sold())
    plan = books.settle(sold(given(amount="-29.94"), **gone))
    assert (books.drafts(), plan.state, plan.awaits) == ([], OrderState.PAID, "")
    plan = books.settle(sold(given("2027-01-20", amount="-29.94"), **gone))
    assert (books.charged, plan.state) == (Decimal(0), OrderState.CREDITED)


def test_the_order_that_spends_it_is_paid_through_the_same_account() -> None:
    spending = payment(ID="credit", Type="SpendingAccount", amount="12.00")
    card = payment(transaction(amount="17.94"), ID="card", amount="17.94")
    (draft,) = settled(order(worksheet(), [spending, card], WHEN_SPENT)).drafts("invoice")
    assert [(one.amount, one.paid_into.bank_account) for one in draft.payments] == [
        (Decimal("12.00"), "1225"),
        (Decimal("17.94"), None),
    ]


@pytest.mark.parametrize("words", ["soon", "20/01/2027", "2027-01-20T12:00:00", "2027-02-30"])
def test_a_day_of_spending_that_is_none_waits_for_a_person(words: str) -> None:
    with pytest.raises(PermanentError) as parked:
        sold(given(words))
    assert parked.value.code == "SPENT_DAY_UNREADABLE"


def test_what_a_card_says_of_spending_means_nothing() -> None:
    card = payment(transaction(), ID="card", xp={"SpentOn": "soon"})
    assert order(worksheet(line(quantity=2)), [card], WHEN_SPENT).refunds == ()


def test_a_preview_says_the_journal_for_what_is_not_spent() -> None:
    books = settled(sold())
    (words,) = journals_by_hand(sold(given()), books.entries, WHEN_SPENT)
    assert words.startswith("12.00 GBP was given as store credit (credit) on 2026-12-05 and is not spent.")
    assert words.endswith("debit 4000 10.00, debit VAT on unspent store credit 2.00, credit store credit owed 12.00.")
    assert list(journals_by_hand(sold(given("2027-01-20")), books.entries, WHEN_SPENT)) == []
    assert list(journals_by_hand(sold(given(), by=AT_ONCE), books.entries, AT_ONCE)) == []
