"""One KashFlow session for the whole stack, against the imitated KashFlow and a shared record in DynamoDB."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sandbox.kashflow.memory import InMemory, in_memory
from sitecore_kashflow.books.kashflow.client import KashflowClient
from sitecore_kashflow.calls.access import AccessStore
from sitecore_kashflow.errors import (
    RefusedError,
    RetryableError,
)
from tests.unit.doubles import Clock, KashflowSecret, kashflow_client
from tests.unit.kashflow.desk import logins, trouble


@pytest.mark.parametrize("answer", ["temporary_token_201", "temporary_token_200", "session_token_at_once"])
def test_the_first_call_logs_in_whatever_form_the_first_answer_has(
    worker: Callable[..., KashflowClient], books: InMemory, answer: str
) -> None:
    books.switches.put({"login_step_1": answer})
    assert worker().nominals()
    assert logins(books) == 1


@pytest.mark.parametrize("word", ["sandbox", "SANDBOX"])
def test_the_characters_of_the_memorable_word_count_from_one_in_any_letter_case(
    table: Any, clock: Clock, word: str
) -> None:
    for seed in range(8):
        books = in_memory(clock, clock.sleep, seed=seed)
        AccessStore(table, "KASHFLOW").save_session("", seed + 1, "v1", clock())
        assert kashflow_client(table, books.transport, clock.timing, KashflowSecret(word=word)).nominals()


def test_a_second_worker_takes_the_session_of_the_first(worker: Callable[..., KashflowClient], books: InMemory) -> None:
    for _ in range(3):
        assert worker().nominals()
    assert logins(books) == 1


def test_a_session_is_renewed_after_three_quarters_of_an_hour_and_not_before(
    worker: Callable[..., KashflowClient], books: InMemory, clock: Clock
) -> None:
    client = worker()
    client.nominals()
    clock.sleep(44 * 60)
    client.nominals()
    assert logins(books) == 1
    clock.sleep(2 * 60)
    client.nominals()
    assert logins(books) == 2


@pytest.mark.parametrize("life", ["idle_60_minutes", "absolute_60_minutes", "killed_mid_run"])
def test_a_long_day_of_calls_survives_every_life_of_a_session(
    worker: Callable[..., KashflowClient], books: InMemory, clock: Clock, life: str
) -> None:
    books.switches.put({"session_life": life})
    client = worker()
    for _ in range(80):
        assert client.nominals()
        clock.sleep(120)
    assert logins(books) <= 8


def test_a_session_that_died_is_renewed_once_and_the_call_made_again(
    worker: Callable[..., KashflowClient], books: InMemory
) -> None:
    client = worker()
    client.nominals()
    books.faults.add({"kind": "expire_session", "path": "/v2/customers*"})
    assert client.customer("NOBODY1") is None
    assert logins(books) == 2


def test_a_session_that_is_called_dead_twice_running_is_not_renewed_a_second_time(
    worker: Callable[..., KashflowClient], books: InMemory
) -> None:
    body = {"Error": "InvalidSessionToken", "Message": "Session token provided is invalid."}
    books.faults.add({"kind": "status", "path": "/v2/nominals", "status": 401, "body": body, "times": None})
    caught = trouble(worker())
    assert isinstance(caught, RetryableError)
    assert caught.code == "SESSION_LOST"
    assert logins(books) == 2


def test_a_worker_whose_session_was_renewed_by_another_takes_the_new_one(
    worker: Callable[..., KashflowClient], books: InMemory
) -> None:
    one, other = worker(), worker()
    one.nominals()
    other.nominals()
    books.switches.put({"sessions_per_user": "one"})
    for client in (one, other, one, other):
        assert client.customer("NOBODY1") is None
    assert logins(books) == 1


def test_a_worker_whose_session_died_under_way_takes_the_one_that_another_has_opened_meanwhile(
    table: Any, worker: Callable[..., KashflowClient], books: InMemory, clock: Clock
) -> None:
    other = worker()
    other.nominals()
    books.faults.add({"kind": "expire_session", "path": "/v2/nominals"})

    class Crossed(httpx.BaseTransport):
        """The other worker's call is faster, finds the session dead and renews it."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if logins(books) == 1:
                other.nominals()
            return books.transport.handle_request(request)

    assert kashflow_client(table, Crossed(), clock.timing).customer("NOBODY1") is None
    assert logins(books) == 2


def test_a_forbidden_resource_is_no_dead_session(worker: Callable[..., KashflowClient], books: InMemory) -> None:
    body = {"Error": "Forbidden", "Message": "no"}
    books.faults.add({"kind": "status", "path": "/v2/customers*", "status": 401, "body": body, "times": None})
    with pytest.raises(RefusedError):
        worker().customer("W1")
    assert logins(books) == 1


def test_neither_password_nor_token_is_ever_shown(worker: Callable[..., KashflowClient], store: AccessStore) -> None:
    secret = KashflowSecret("wrong-password")
    shown = str(trouble(worker(secret))) + repr(secret())
    assert "wrong-password" not in shown
    assert "api@shop.example" not in shown
