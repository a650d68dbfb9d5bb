"""Logins of the whole stack: one at a time, none that was refused twice, none of the secret in words."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from sandbox.kashflow.memory import InMemory, in_memory
from sitecore_kashflow.books.kashflow.client import KashflowClient
from sitecore_kashflow.calls.access import AccessStore
from sitecore_kashflow.calls.credentials import KashflowCredentials
from sitecore_kashflow.calls.timing import Timing
from sitecore_kashflow.errors import (
    BridgeError,
    CredentialsRefusedError,
    RateLimitedError,
    RetryableError,
)
from tests.unit.doubles import AtomicTable, Clock, KashflowSecret, kashflow_client
from tests.unit.kashflow.desk import LOGIN, logins, trouble

WRONG_SECRETS = {"bad_password": KashflowSecret("wrong"), "wrong_memorable_word": KashflowSecret(word="nothing")}
TURNED_AWAY = [
    {"kind": "html", "status": 403},
    {"kind": "status", "status": 400, "body": {"Error": "Api.Offline", "Message": "Try again in a few seconds."}},
    {"kind": "status", "status": 401, "body": {"Error": "Unauthorized", "Message": "REST is off."}},
    {"kind": "status", "status": 404},
]
WORKERS = 8


@pytest.fixture
def impatient(clock: Clock) -> Timing:
    """Sleeps far shorter than it is asked to, so that threads overlap and tests are quick."""
    return Timing(clock, lambda seconds: time.sleep(min(seconds, 0.005)), Random())


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """The results, or errors, of calls that start together in threads."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return call()
        except BridgeError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_of_many_workers_at_once_one_logs_in_and_all_go_on(table: Any, clock: Clock, impatient: Timing) -> None:
    books = in_memory(clock, impatient.sleep)
    books.faults.add({"kind": "slow", "path": "/v2/sessiontoken", "seconds": 1, "times": None})
    shared = AtomicTable(table)
    crowd = [kashflow_client(shared, books.transport, impatient) for _ in range(WORKERS)]
    results = at_once([client.nominals for client in crowd])
    assert all(isinstance(result, list) and result for result in results)
    assert logins(books) == 1


def test_of_many_workers_with_a_wrong_password_one_tries_it_and_nobody_after(
    table: Any, clock: Clock, impatient: Timing
) -> None:
    books = in_memory(clock, impatient.sleep)
    books.faults.add({"kind": "slow", "path": "/v2/sessiontoken", "seconds": 1, "times": None})
    shared = AtomicTable(table)
    crowd = [kashflow_client(shared, books.transport, impatient, KashflowSecret("wrong")) for _ in range(WORKERS)]
    for _ in range(2):
        results = at_once([client.nominals for client in crowd])
        assert {type(result) for result in results} == {CredentialsRefusedError}
    assert logins(books) == 1


def test_a_worker_that_was_slow_to_read_the_secret_does_not_try_what_was_refused_meanwhile(
    worker: Callable[..., KashflowClient], books: InMemory
) -> None:
    secret = KashflowSecret("wrong")

    def slow(*, refresh: bool = False) -> KashflowCredentials:
        if logins(books) == 0:
            trouble(worker(secret))
        return secret(refresh=refresh)

    assert isinstance(trouble(worker(slow)), CredentialsRefusedError)
    assert logins(books) == 1


@pytest.mark.parametrize("status", ["invalid_credentials_400", "invalid_credentials_401"])
@pytest.mark.parametrize("switch", WRONG_SECRETS)
def test_refused_credentials_are_tried_once_by_the_whole_stack_until_the_secret_changes(
    worker: Callable[..., KashflowClient], books: InMemory, clock: Clock, status: str, switch: str
) -> None:
    books.switches.put({switch: status})
    secret = WRONG_SECRETS[switch]
    first = trouble(worker(secret))
    assert isinstance(first, CredentialsRefusedError)
    assert "InvalidCredentials" in first.words
    for _ in range(3):
        clock.sleep(3600)
        assert isinstance(trouble(worker(secret)), CredentialsRefusedError)
    assert logins(books) == 1

    mended = KashflowSecret("wrong")
    mended.rotate("v2")
    assert worker(mended).nominals()
    assert worker(mended).nominals()
    assert logins(books) == 2


@pytest.mark.parametrize("fault", [{"kind": "reset_after"}, {"kind": "html", "status": 502}])
def test_a_secret_that_was_never_right_is_not_tried_again_at_once_if_its_answer_was_lost(
    worker: Callable[..., KashflowClient], books: InMemory, clock: Clock, fault: dict[str, Any]
) -> None:
    secret = KashflowSecret("wrong")
    books.faults.add({"path": "/v2/sessiontoken"} | fault)
    assert trouble(worker(secret)).code == "LOGIN_LOST"
    for _ in range(3):
        assert trouble(worker(secret)).code == "LOGIN_UNDER_WAY"
    assert logins(books) == 1
    clock.sleep(600)
    assert isinstance(trouble(worker(secret)), CredentialsRefusedError)
    assert logins(books) == 2


def test_a_secret_that_has_been_right_is_tried_again_at_once_if_its_answer_was_lost(
    worker: Callable[..., KashflowClient], books: InMemory, clock: Clock
) -> None:
    assert worker().nominals()
    clock.sleep(3600)
    books.faults.add({"path": "/v2/sessiontoken", "kind": "reset_after"})
    assert trouble(worker()).code == "LOGIN_LOST"
    assert worker().nominals()


def test_a_secret_that_was_rotated_to_another_wrong_one_is_tried_once_more(
    worker: Callable[..., KashflowClient], books: InMemory
) -> None:
    secret = KashflowSecret("wrong")
    trouble(worker(secret))
    secret.rotate("v2", "wrong again")
    for _ in range(3):
        assert isinstance(trouble(worker(secret)), CredentialsRefusedError)
    assert logins(books) == 2


def test_a_memorable_word_too_short_for_the_question_is_not_even_answered(
    worker: Callable[..., KashflowClient], books: InMemory
) -> None:
    caught = trouble(worker(KashflowSecret(word="s")))
    assert isinstance(caught, CredentialsRefusedError)
    assert "MemorableWordTooShort" in caught.words
    assert books.calls.report()["by_route"] == {LOGIN: 1}


def test_a_locked_account_is_left_alone_for_ten_minutes_and_then_tried_with_the_same_secret(
    worker: Callable[..., KashflowClient], books: InMemory, clock: Clock
) -> None:
    body = {"Error": "AccountLocked", "Message": "The account is locked."}
    books.faults.add({"kind": "status", "path": "/v2/sessiontoken", "status": 401, "body": body})
    for _ in range(4):
        caught = trouble(worker())
        assert type(caught) is RetryableError
        assert caught.code == "ACCOUNT_LOCKED"
        clock.sleep(149)
    assert logins(books) == 1
    clock.sleep(5)
    assert worker().nominals()
    assert logins(books) == 2


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("fault", TURNED_AWAY)
def test_a_login_that_is_turned_away_for_no_fault_of_the_secret_is_tried_again_by_itself_later_each_time(
    worker: Callable[..., KashflowClient], books: InMemory, clock: Clock, fault: dict[str, Any], method: str
) -> None:
    books.faults.add(fault | {"path": "/v2/sessiontoken", "method": method, "times": 3})
    for minutes in (10, 20, 40):
        caught = trouble(worker())
        assert (type(caught), caught.code) == (RetryableError, "LOGIN_TURNED_AWAY")
        assert f"in {minutes} minutes" in caught.words
        tried = logins(books)
        clock.sleep(minutes * 60 - 1)
        assert trouble(worker()).code == "LOGIN_TURNED_AWAY"
        assert logins(books) == tried
        clock.sleep(1)
    assert worker().nominals()
    clock.sleep(3600)
    books.faults.add(fault | {"path": "/v2/sessiontoken", "method": method})
    assert "in 10 minutes" in trouble(worker()).words


def test_a_secret_that_is_saved_again_is_tried_at_once_after_a_login_was_turned_away(
    worker: Callable[..., KashflowClient], books: InMemory
) -> None:
    books.faults.add({"kind": "html", "status": 403, "path": "/v2/sessiontoken"})
    secret = KashflowSecret()
    assert trouble(worker(secret)).code == "LOGIN_TURNED_AWAY"
    secret.rotate("v2")
    assert worker(secret).nominals()


def test_of_workers_that_read_the_record_before_a_login_was_turned_away_none_tries_again(
    worker: Callable[..., KashflowClient], books: InMemory, store: AccessStore, clock: Clock
) -> None:
    store.turn_away("v1", 1, clock() + timedelta(minutes=10))
    assert not store.claim_login(0, "v1", clock(), 60)
    assert store.claim_login(0, "v2", clock(), 60)


def test_of_workers_that_saw_an_older_session_none_logs_in_again(store: AccessStore, clock: Clock) -> None:
    store.save_session("token-2", 2, "v1", clock())
    assert not store.claim_login(1, "v1", clock(), 60)
    assert not store.claim_login(3, "v1", clock(), 60)
    assert store.claim_login(2, "v1", clock(), 60)


def test_a_login_that_is_turned_away_says_nothing_of_what_was_typed(
    worker: Callable[..., KashflowClient], books: InMemory
) -> None:
    body = {"Error": "Odd", "Message": "User api@shop.example, character s is odd."}
    books.faults.add({"kind": "status", "status": 400, "body": body, "path": "/v2/sessiontoken", "method": "PUT"})
    assert "character" not in str(trouble(worker()))


def test_an_expired_password_stops_everything_until_the_secret_changes(
    worker: Callable[..., KashflowClient], books: InMemory, clock: Clock
) -> None:
    body = {"Error": "PasswordExpired", "Message": "Change it."}
    books.faults.add({"kind": "status", "path": "/v2/sessiontoken", "status": 400, "body": body})
    secret = KashflowSecret()
    assert isinstance(trouble(worker(secret)), CredentialsRefusedError)
    clock.sleep(3600)
    assert isinstance(trouble(worker(secret)), CredentialsRefusedError)
    assert logins(books) == 1
    secret.rotate("v2")
    assert worker(secret).nominals()


@pytest.mark.parametrize(
    "fault",
    [
        trouble_of_login | {"method": method}
        for method in ("POST", "PUT")
        for trouble_of_login in (
            {"kind": "status", "status": 500},
            {"kind": "html", "status": 502},
            {"kind": "reset_before"},
            {"kind": "reset_after"},
            {"kind": "slow", "seconds": 20},
        )
    ],
)
def test_a_login_that_fails_by_trouble_is_no_unknown_write_and_the_next_worker_may_try(
    worker: Callable[..., KashflowClient],
    books: InMemory,
    store: AccessStore,
    clock: Clock,
    fault: dict[str, Any],
) -> None:
    store.save_session("", 1, "v1", clock())
    books.faults.add(fault | {"path": "/v2/sessiontoken"})
    caught = trouble(worker())
    assert type(caught) is RetryableError
    assert worker().nominals()
    assert logins(books) == 2


def test_a_login_that_died_with_its_worker_is_free_again_when_its_time_is_up(
    worker: Callable[..., KashflowClient], books: InMemory, clock: Clock, store: AccessStore
) -> None:
    store.save_session("", 1, "v1", clock())
    assert store.claim_login(1, "v1", clock(), 40)
    caught = trouble(worker())
    assert (type(caught), caught.code) == (RetryableError, "LOGIN_UNDER_WAY")
    assert logins(books) == 0
    clock.sleep(26)
    assert worker().nominals()


def test_a_pause_asked_for_at_login_holds_the_whole_stack(
    worker: Callable[..., KashflowClient], books: InMemory, store: AccessStore, clock: Clock
) -> None:
    pause = {"kind": "status", "path": "/v2/sessiontoken", "status": 429, "headers": {"Retry-After": "60"}}
    books.faults.add(pause)
    assert isinstance(trouble(worker()), RateLimitedError)
    assert store.read().held_until == clock() + timedelta(seconds=60)
    assert isinstance(trouble(worker()), RateLimitedError)
    assert logins(books) == 1
