"""Money that is on no document stands on its bank account once, against its nominal, and is known by its comment."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sitecore_kashflow.canonical.bank_transaction import BankTransactionDraft
from sitecore_kashflow.canonical.keys import bank_key
from sitecore_kashflow.documents.entry import Posting, Standing
from sitecore_kashflow.errors import OutcomeUnknownError, PermanentError, RetryableError
from tests.unit.doubles import Clock
from tests.unit.money_desk import MoneyDesk

BY_CODE, BY_ID = (f"kashflow: {{bank_transactions: {one}}}" for one in ("nominal_code", "nominal_id"))
LIST = "/bankaccounts/55167/transactions"
ROUTE = "POST /v2/bankaccounts/{id}/transactions"
Open = Callable[..., MoneyDesk]


@pytest.fixture
def open_desk(memory_table: Any, clock: Clock) -> Open:
    return lambda rules=BY_CODE, **switches: MoneyDesk(memory_table, clock, rules, **switches)


def money(**changes: Any) -> BankTransactionDraft:
    """29.94 that a customer paid twice."""
    draft = BankTransactionDraft(
        reference="SO-1001-pay-2",
        day=date(2026, 11, 18),
        currency="GBP",
        amount=Decimal("29.94"),
        bank_account="1202",
        nominal_code=2119,
        customer_code="W1",
        words="Paid twice",
        rules_version="1",
    )
    return draft.model_copy(update=changes)


def on_account(desk: MoneyDesk) -> list[tuple[str, date, Decimal]]:
    books = desk.kashflow.kashflow.books
    return [(one["Comment"], one["Date"], one["PaidIn"] - one["PaidOut"]) for one in books.bank_transactions]


def test_transaction_stands_on_its_account_without_vat_and_is_posted_on_its_nominal(open_desk: Open) -> None:
    desk = open_desk()
    entry = desk.post(money())
    (made,) = desk.kashflow.kashflow.books.bank_transactions
    assert on_account(desk) == [("SO-1001-pay-2 Paid twice", date(2026, 11, 18), Decimal("29.94"))]
    assert (made["AccountId"], made["NominalCode"], made["CustomerCode"]) == (55167, 2119, "W1")
    assert (made["VATAble"], made["VATAmount"]) == (False, 0)
    assert entry.status == Standing(made["Id"], is_verified=True)
    assert entry.postings == (Posting(2119, "none", Decimal("29.94"), Decimal(0)),)
    assert dict(entry.carried) == {}


def test_money_that_left_the_account_is_paid_out(open_desk: Open) -> None:
    desk = open_desk()
    desk.post(money(amount=Decimal("-0.65"), nominal_code=7905, customer_code="", words=""))
    (made,) = desk.kashflow.kashflow.books.bank_transactions
    assert (made["PaidIn"], made["PaidOut"], made["Comment"]) == (0, Decimal("0.65"), "SO-1001-pay-2")
    assert made.get("CustomerCode") is None


@pytest.mark.parametrize(
    "switches",
    [
        {"bank_transaction_answer": "location"}, {"bank_transaction_answer": "empty"},
        {"bank_row_money_type": "shown"}, {"bank_comment": "cut_at_50"}, {"bank_list_filters": "hidden_if_left_out"},
        {"list_ties": "stable"}, {"date_out": "eve_at_23"}, {"page_beyond_end": "404"}, {"absent_value": "missing"},
        {"numbers_out": "integers_where_whole"},
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("lost", [False, True])
def test_transaction_stands_once_whatever_the_account_is_like(
    open_desk: Open, switches: dict[str, str], lost: bool
) -> None:
    desk, draft = open_desk(**switches), money(day=date(2026, 7, 15), reference="SO-1001-" + "x" * 90)
    if lost:
        desk.fail("reset_after", LIST)
        with pytest.raises(OutcomeUnknownError):
            desk.post(draft)
        desk.clock.sleep(300)
    assert desk.post(draft).is_settled
    assert len(on_account(desk)) == 1


@pytest.mark.parametrize(("rules", "position"), [(BY_CODE, "nominal_code"), (BY_ID, "nominal_id")])
def test_other_side_is_named_as_the_rules_say(open_desk: Open, rules: str, position: str) -> None:
    desk = open_desk(rules, money_type=position, bank_row_money_type="shown")
    assert desk.post(money()).is_settled
    assert desk.kashflow.kashflow.books.bank_transactions[0]["NominalCode"] == 2119


@pytest.mark.parametrize("position", ["nominal_id", "kind"])
def test_account_that_wants_another_money_type_refuses_and_the_order_parks(open_desk: Open, position: str) -> None:
    desk = open_desk(money_type=position)
    with pytest.raises(PermanentError, match="KASHFLOW_REFUSED"):
        desk.post(money())
    assert on_account(desk) == []


def by_hand(desk: MoneyDesk, comment: str, **changes: Any) -> None:
    """A person enters it."""
    body = {"Date": "2026-11-18", "MoneyType": 2119, "PaidIn": Decimal("29.94"), "Comment": comment}
    desk.books.create_bank_transaction(55167, body | changes)


def test_while_the_rules_make_none_a_persons_own_is_taken_for_it(open_desk: Open) -> None:
    desk = open_desk("{}")
    with pytest.raises(
        PermanentError,
        match=r"BANK_TRANSACTIONS_NOT_MADE.*29\.94 GBP should go into bank account 1202.*`SO-1001-pay-2`",
    ):
        desk.post(money())
    by_hand(desk, "SO-1001-pay-2 by hand")
    entry = desk.post(money())
    assert (entry.is_settled, entry.standing and entry.standing.is_adopted) == (True, True)
    assert len(on_account(desk)) == 1


@pytest.mark.parametrize("comment", ["SO-1001-pay-22 Paid twice", "see SO-1001-pay-2", "SO-1001-pay-2/3", ""])
def test_transaction_whose_comment_begins_otherwise_is_another(open_desk: Open, comment: str) -> None:
    desk = open_desk()
    by_hand(desk, comment)
    desk.post(money(), forgets=True)
    assert len(on_account(desk)) == 2


@pytest.mark.parametrize(
    "changes", [{"PaidIn": Decimal("29.93")}, {"Date": "2026-11-19"}, {"PaidIn": 0, "PaidOut": 29.94}]
)
def test_transaction_of_another_day_or_amount_needs_a_person(open_desk: Open, changes: dict[str, Any]) -> None:
    desk = open_desk()
    by_hand(desk, "SO-1001-pay-2", **changes)
    with pytest.raises(PermanentError, match=r"BANK_TRANSACTION_DIFFERS.*2026-11-18 over 29\.94"):
        desk.post(money(), forgets=True)


def test_two_of_one_transaction_need_a_person(open_desk: Open) -> None:
    desk = open_desk()
    for _ in range(2):
        by_hand(desk, "SO-1001-pay-2")
    with pytest.raises(PermanentError, match="BANK_TRANSACTION_DOUBLED"):
        desk.post(money(), forgets=True)


def test_transaction_that_is_not_listed_yet_is_looked_for_again(open_desk: Open) -> None:
    desk = open_desk()
    desk.fail("status", LIST, "GET", status=200, body={"Data": [], "MetaData": {"TotalRecords": 0}})
    with pytest.raises(RetryableError, match="BANK_TRANSACTION_NOT_LISTED"):
        desk.post(money())
    assert desk.post(money()).is_settled
    assert desk.calls(ROUTE) == 1


@pytest.mark.parametrize("ties", ["shuffled", "stable"])
def test_transaction_of_a_busy_day_is_found_among_all_pages_of_the_list(open_desk: Open, ties: str) -> None:
    desk = open_desk(list_ties=ties)
    for number in range(150):
        by_hand(desk, f"po_{number} fees")
    desk.fail("reset_after", LIST)
    with pytest.raises(OutcomeUnknownError):
        desk.post(money())
    desk.clock.sleep(300)
    assert desk.post(money()).is_settled
    assert len(on_account(desk)) == 151


LOCK = {"transaction_lock_date": "2026-11-20"}


def test_transaction_of_a_locked_day_parks_or_is_of_the_first_open_day_by_the_rules(open_desk: Open) -> None:
    desk = open_desk()
    desk.kashflow.kashflow.change_account(LOCK)
    with pytest.raises(PermanentError, match=r"PERIOD_LOCKED.*The money for bank account 1202 is of 2026-11-18"):
        desk.post(money())
    moves = open_desk(f"{{orders: {{locked_period: first_open_day}}, {BY_CODE}}}")
    moves.kashflow.kashflow.change_account(LOCK)
    moves.post(money())
    assert on_account(moves) == [("SO-1001-pay-2 Paid twice (of 2026-11-18)", date(2026, 11, 20), Decimal("29.94"))]


def test_transaction_that_was_made_on_its_own_day_is_found_after_that_day_was_locked(open_desk: Open) -> None:
    desk = open_desk(f"{{orders: {{locked_period: first_open_day}}, {BY_CODE}}}")
    desk.post(money())
    desk.kashflow.kashflow.change_account({"transaction_lock_date": "2026-12-01"})
    desk.clock.sleep(timedelta(hours=1).total_seconds())
    with pytest.raises(PermanentError, match="BANK_TRANSACTION_DIFFERS"):
        desk.post(money(), forgets=True)
    assert len(on_account(desk)) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"currency": "EUR"}, "BANK_TRANSACTION_NOT_IN_HOME_CURRENCY"),
        ({"bank_account": "1299"}, "BANK_ACCOUNT_NOT_IN_KASHFLOW"),
        ({"nominal_code": 2999}, "NOMINAL_NOT_IN_KASHFLOW"),
    ],
)
def test_transaction_that_the_account_cannot_hold_is_not_sent(
    open_desk: Open, changes: dict[str, Any], code: str
) -> None:
    desk = open_desk()
    with pytest.raises(PermanentError, match=code):
        desk.post(money(**changes))
    assert desk.calls(ROUTE) == 0


def test_locked_bank_account_refuses_and_the_order_parks(open_desk: Open) -> None:
    desk = open_desk()
    desk.kashflow.kashflow.change_account({"bank_account_lock": {"55167": "2026-11-20"}})
    with pytest.raises(PermanentError, match="KASHFLOW_REFUSED"):
        desk.post(money())


def test_key_is_one_word_of_at_most_fifty_characters_and_differs_where_references_differ() -> None:
    long = "SO-1001-" + "x" * 90
    keys = [bank_key(one) for one in ("pay-1", "pay 1", "pay\t1", long, f"{long}y")]
    assert keys[0] == "pay-1"
    assert len(set(keys)) == len(keys)
    assert all(len(key) <= 50 and key.split() == [key] for key in keys)
