"""What shop and customer have agreed: when an invoice is to be paid, and the customer's own number for the order."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sitecore_kashflow.books.kashflow.mapping import invoice_payload
from sitecore_kashflow.canonical.invoice import InvoiceDraft
from sitecore_kashflow.documents.entry import Entries
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.plan.case import Case
from sitecore_kashflow.plan.duties import with_duties
from sitecore_kashflow.plan.order_plan import plan_order
from sitecore_kashflow.plan.periods import in_open_period, on_day_of_issue
from tests.builders import draft, order, payment, rules, transaction, user, worksheet

ONE = Decimal(1)
PURCHASE_ORDER = payment(Type="PurchaseOrder")
BY_PATH = rules("orders: {terms_paths: [Order.xp.TermsDays, FromUser.xp.TermsDays]}")
NUMBERED = rules("orders: {customer_order_number_paths: [Order.xp.PONumber, FromUser.xp.PONumber]}")


def due(raw: Any = None, *payments: Any, by: Any = None) -> date | None:
    return draft(raw or worksheet(), payments, by).due_on


def sent(made: InvoiceDraft) -> dict[str, Any]:
    return invoice_payload(made, "W1", ONE, {})


def test_an_order_is_due_on_its_day_and_one_on_account_a_month_later() -> None:
    assert due() == date(2026, 11, 20)
    assert due(None, PURCHASE_ORDER) == date(2026, 12, 20)


@pytest.mark.parametrize(
    ("document", "days"),
    [("orders: {on_account_terms_days: 14}", 14), ("orders: {on_account_terms_days: 0, payment_terms_days: 7}", 0)],
)
def test_a_shop_chooses_the_terms_of_orders_on_account(document: str, days: int) -> None:
    made = draft(worksheet(), [PURCHASE_ORDER], rules(document))
    assert made.due_on is not None
    assert (made.due_on - made.issued_on).days == days


@pytest.mark.parametrize(
    "changes",
    [{"Accepted": False}, {"OrderReturnID": "ret-1"}, {"Type": "CreditCard"}],
    ids=["declined", "of a return", "a card"],
)
def test_what_is_no_promise_to_pay_later_changes_no_terms(changes: dict[str, Any]) -> None:
    assert due(None, PURCHASE_ORDER | changes) == date(2026, 11, 20)


def test_store_credit_is_money_that_is_there_already() -> None:
    credit = rules(
        "payments: {store_credit_types: [SpendingAccount], accounts: [{type: SpendingAccount, bank_account: '1225'}]}"
    )
    assert due(None, payment(Type="SpendingAccount"), by=credit) == date(2026, 11, 20)


@pytest.mark.parametrize("days", [60, "60", " 60 "])
def test_what_the_shop_says_of_the_order_comes_before_every_rule(days: object) -> None:
    assert due(worksheet(xp={"TermsDays": days}), PURCHASE_ORDER, by=BY_PATH) == date(2027, 1, 19)


def test_the_terms_of_a_customer_hold_where_the_order_says_nothing() -> None:
    of_customer = user(xp={"TermsDays": 45})
    assert due(worksheet(FromUser=of_customer), by=BY_PATH) == date(2027, 1, 4)
    at_once = worksheet(FromUser=of_customer, xp={"TermsDays": 0})
    assert due(at_once, PURCHASE_ORDER, by=BY_PATH) == date(2026, 11, 20)


@pytest.mark.parametrize("days", ["net 30", -1, 366, "1.5", "9" * 5000])
def test_terms_that_are_no_number_of_days_park_the_order(days: object) -> None:
    unreadable = order(worksheet(xp={"TermsDays": days}), (), BY_PATH)
    with pytest.raises(PermanentError) as caught:
        plan_order(unreadable, Entries(), BY_PATH)
    assert caught.value.code == "TERMS_UNREADABLE"
    assert str(days) not in caught.value.words, "people write more into such a field than days"


def test_an_order_that_is_left_to_kashflows_terms_is_sent_without_a_day() -> None:
    left_to_kashflow = rules("orders: {terms: kashflow, terms_paths: [Order.xp.TermsDays]}")
    assert "DueDate" not in sent(draft(worksheet(), [PURCHASE_ORDER], left_to_kashflow))
    assert "DueDate" not in sent(draft(worksheet(), (), left_to_kashflow))
    said_by_the_shop = draft(worksheet(xp={"TermsDays": 7}), (), left_to_kashflow)
    assert sent(said_by_the_shop)["DueDate"] == "2026-11-27 12:00:00"


def test_a_moved_invoice_stays_without_a_day_of_its_own() -> None:
    by_rule = rules("orders: {terms: kashflow, locked_period: first_open_day}")
    made = draft(worksheet(), (), by_rule)
    assert in_open_period(made, date(2026, 12, 1), by_rule.orders).due_on is None
    elected = made.model_copy(update={"issue_until": date(2026, 12, 4)})
    assert on_day_of_issue(elected, date(2026, 12, 1)).due_on is None


def test_the_invoice_says_the_customers_own_number_in_a_line_that_costs_nothing() -> None:
    made = draft(worksheet(), (), NUMBERED)
    said = with_duties(made, ONE, "GBP")
    assert [one.description for one in said.lines[len(made.lines) :]] == ["Your order number: PO-9"]
    assert (said.net, said.vat, said.gross) == (made.net, made.vat, made.gross)
    assert sent(said)["CustomerReference"] == "SO-1001"


def test_a_number_that_the_customer_always_gives_may_stand_with_the_customer() -> None:
    made = draft(worksheet(FromUser=user(xp={"PONumber": 4711}), xp=None), (), NUMBERED)
    assert made.customers_number == "4711"


@pytest.mark.parametrize("xp", [None, {"PONumber": None}, {"PONumber": " "}, {"PONumber": {"no": "text"}}])
def test_nothing_is_said_where_there_is_no_number(xp: Any) -> None:
    made = draft(worksheet(xp=xp), (), NUMBERED)
    assert with_duties(made, ONE, "GBP") == made


def test_by_default_no_number_is_looked_for() -> None:
    assert draft().customers_number == ""


def test_a_deposit_says_the_number_too_and_is_paid_already() -> None:
    by_rule = rules(
        "orders: {tax_point: first_of, terms: kashflow, customer_order_number_paths: [Order.xp.PONumber]}\n"
        "nominal_codes: {deposit: 2115}"
    )
    paid = [payment(transaction(amount="6.00"), amount="6.00")]
    parts = Case(order(worksheet(), paid, by_rule), Entries(), by_rule).deposits
    assert [one.customers_number for one in (*parts.drafts, parts.rest)] == ["PO-9", "PO-9"]
    assert [one.due_on for one in parts.drafts] == [date(2026, 11, 20)]
