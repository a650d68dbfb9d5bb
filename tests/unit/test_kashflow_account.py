"""The account's own lists: read by one worker for all, and once more before anything is said to be lacking."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.kashflow.memory import InMemory, in_memory
from sitecore_kashflow.books.kashflow.account import KashflowAccount
from sitecore_kashflow.books.kashflow.account_lists import AccountStore
from sitecore_kashflow.canonical.invoice import PaidInto
from sitecore_kashflow.errors import PermanentError, RateLimitedError, RetryableError
from sitecore_kashflow.rules.document import default_rules
from tests.builders import draft, worksheet
from tests.unit.doubles import Clock, kashflow_client

LISTS = {
    "GET /v2/settings/advanced",
    "GET /v2/vat/settings/vatrates",
    "GET /v2/nominals",
    "GET /v2/currencies",
    "GET /v2/bankaccounts",
    "GET /v2/paymentmethods/invoice",
}
RULES = default_rules()
DEFAULT, BARTER = PaidInto(), PaidInto(method="Barter")
Account = Callable[[], KashflowAccount]


@pytest.fixture
def table(memory_table: Any) -> Any:
    """What stands above the table is tested here."""
    return memory_table


@pytest.fixture
def books(clock: Clock) -> InMemory:
    return in_memory(clock, clock.sleep)


@pytest.fixture
def store(table: Any) -> AccountStore:
    return AccountStore(table)


@pytest.fixture
def account(table: Any, store: AccountStore, books: InMemory, clock: Clock) -> Account:
    """Makes the account as another worker sees it."""

    def make() -> KashflowAccount:
        client = kashflow_client(table, books.transport, clock.timing)
        return KashflowAccount(client, store, clock.timing)

    return make


def readings(books: InMemory) -> dict[str, int]:
    """How often each list was read."""
    by_route: dict[str, int] = books.calls.report()["by_route"]
    return {route: many for route, many in by_route.items() if route in LISTS}


def pay(account: KashflowAccount) -> Any:
    return account.payment_ids([DEFAULT])


def test_lists_are_read_by_one_worker_for_all(account: Account, books: InMemory) -> None:
    for _ in range(3):
        worker = account()
        pay(worker)
        worker.first_open_day()
    assert readings(books) == dict.fromkeys(LISTS, 1)


def test_lists_are_read_anew_after_a_quarter_of_an_hour(account: Account, books: InMemory, clock: Clock) -> None:
    worker = account()
    pay(worker)
    clock.sleep(14 * 60)
    pay(worker)
    assert set(readings(books).values()) == {1}
    clock.sleep(2 * 60)
    pay(worker)
    pay(account())
    assert set(readings(books).values()) == {2}


def test_what_is_lacking_is_looked_for_once_more_before_it_is_said(
    account: Account, books: InMemory, clock: Clock
) -> None:
    worker = account()
    pay(worker)
    clock.sleep(30)
    with pytest.raises(PermanentError, match="no payment method Barter"):
        worker.payment_ids([BARTER])
    assert set(readings(books).values()) == {2}
    books.kashflow.books.payment_methods[77] = "Barter"
    clock.sleep(1)
    assert worker.payment_ids([BARTER])[BARTER].method_id == 77
    assert account().payment_ids([BARTER])[BARTER].method_id == 77
    assert set(readings(books).values()) == {3}


def test_what_is_lacking_from_a_list_that_was_just_read_is_said_at_once(account: Account, books: InMemory) -> None:
    with pytest.raises(PermanentError):
        account().payment_ids([BARTER])
    assert set(readings(books).values()) == {1}


def test_a_reading_that_another_worker_has_begun_is_waited_for(
    account: Account, store: AccountStore, clock: Clock
) -> None:
    assert store.claim_reading(clock(), clock(), 60)
    with pytest.raises(RetryableError, match="Another worker"):
        pay(account())
    clock.sleep(61)
    pay(account())


def test_lists_are_as_old_as_the_beginning_of_their_reading(
    account: Account, books: InMemory, store: AccountStore, clock: Clock
) -> None:
    """What is added while they are read may be missing from them."""
    books.faults.add({"kind": "slow", "seconds": 25, "path": "/v2/bankaccounts"})
    pay(account())
    began = clock() - timedelta(seconds=25)
    lists = store.read()
    assert lists is not None
    assert lists.read_at <= began


def test_a_reading_that_fails_is_left_to_the_next_worker(account: Account, books: InMemory, clock: Clock) -> None:
    books.faults.add({"kind": "status", "status": 429, "path": "/v2/nominals", "times": 1})
    with pytest.raises(RateLimitedError):
        pay(account())
    clock.sleep(6)
    pay(account())
    assert sum(clock.slept) < 10


def test_lists_too_long_for_the_ledger_serve_the_worker_that_read_them(
    account: Account, store: AccountStore, books: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sitecore_kashflow.books.kashflow.account_lists.PART_BYTES", 10)
    worker = account()
    pay(worker)
    pay(worker)
    assert store.read() is None
    assert set(readings(books).values()) == {1}


def test_rates_come_back_exactly(account: Account, store: AccountStore, clock: Clock) -> None:
    worker = account()
    euro = worker.exchange_rate("EUR", clock().date(), RULES)
    assert account().exchange_rate("EUR", clock().date(), RULES) == euro
    assert store.read() is not None


@pytest.mark.parametrize("rate", [0, None, "-1"])
def test_a_currency_without_a_rate_is_none_of_the_account(
    account: Account, store: AccountStore, clock: Clock, rate: object
) -> None:
    account().first_open_day()
    lists = store.read()
    assert lists is not None
    store.save(dict(lists.lists) | {"currencies": [{"Code": "EUR", "ExchangeRate": rate}]}, clock())
    with pytest.raises(PermanentError, match="CURRENCY_NOT_IN_KASHFLOW"):
        account().exchange_rate("EUR", clock().date(), RULES)


def test_a_code_of_income_is_refused_for_what_is_no_supply(account: Account) -> None:
    tip = draft(worksheet(gratuity="3.00"))
    account().check(tip)
    income = tip.model_copy(update={"lines": tuple(one.model_copy(update={"nominal_code": 4001}) for one in tip.lines)})
    with pytest.raises(PermanentError, match=r"NOMINAL_IS_INCOME.*'Gratuity'.*4001 is of the kind turnover"):
        account().check(income)
