"""The error tree: three families, each leaf in exactly one, and texts for a machine and for a person."""

import inspect

import pytest

from sitecore_kashflow import errors
from sitecore_kashflow.errors import (
    BridgeError,
    CredentialsRefusedError,
    OutcomeUnknownError,
    PermanentError,
    RateLimitedError,
    RefusedError,
    RetryableError,
    SupersededError,
)

FAMILIES = (RetryableError, OutcomeUnknownError, PermanentError)
ALL = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, BridgeError)]


def test_the_tree_has_three_families_right_below_its_root() -> None:
    assert {one for one in ALL if one.__base__ is BridgeError} == set(FAMILIES)


@pytest.mark.parametrize("leaf", [one for one in ALL if one is not BridgeError])
def test_every_error_belongs_to_exactly_one_family(leaf: type[BridgeError]) -> None:
    assert len([family for family in FAMILIES if issubclass(leaf, family)]) == 1


@pytest.mark.parametrize(
    ("leaf", "family"),
    [
        (RateLimitedError, RetryableError),
        (CredentialsRefusedError, RetryableError),
        (RefusedError, PermanentError),
        (SupersededError, PermanentError),
    ],
)
def test_a_leaf_stands_in_the_family_that_says_what_to_do_next(leaf: type, family: type) -> None:
    assert issubclass(leaf, family)


def test_an_error_shows_its_code_and_its_words() -> None:
    error = PermanentError("BUNDLE", "Line 3 belongs to a bundle.")
    assert (error.code, error.words) == ("BUNDLE", "Line 3 belongs to a bundle.")
    assert str(error) == "[BUNDLE] Line 3 belongs to a bundle."


def test_a_pause_that_was_asked_for_keeps_its_seconds() -> None:
    error = RateLimitedError("KashFlow", 12.5)
    assert (error.code, error.wait_seconds) == ("RATE_LIMITED", 12.5)
    assert "12.5 s" in error.words


def test_a_refusal_keeps_status_and_code_and_names_the_call() -> None:
    error = RefusedError("KashFlow", 400, "InvalidParameter", "POST /invoices")
    assert (error.code, error.status, error.refusal) == ("KASHFLOW_REFUSED", 400, "InvalidParameter")
    assert error.words == "KashFlow refused POST /invoices: status 400, code InvalidParameter."


def test_a_superseded_run_is_named() -> None:
    error = SupersededError("order:ordercloud:SO-1", 4)
    assert error.code == "RUN_SUPERSEDED"
    assert error.words == "Run 4 no longer holds order:ordercloud:SO-1."
