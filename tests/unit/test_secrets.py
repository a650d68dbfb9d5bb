"""Credentials are read from a secret's fields: what is wrong is named, and nothing of a secret is shown."""

import pytest

from sitecore_kashflow.calls.credentials import KashflowCredentials, OrdercloudCredentials
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.runtime.secrets import credentials_of

GOOD = {"client_id": "bridge", "client_secret": "hunter2", "version": "v1"}


def test_credentials_are_read_and_other_fields_of_the_secret_ignored() -> None:
    read = credentials_of(OrdercloudCredentials)
    assert read(GOOD | {"note": "rotated in May"}) == OrdercloudCredentials("bridge", "hunter2", "v1")


def test_fields_that_are_missing_or_no_text_are_named_together_and_not_quoted() -> None:
    with pytest.raises(PermanentError) as refused:
        credentials_of(KashflowCredentials)({"username": 4711, "password": "hunter2", "version": "v1"})
    assert refused.value.code == "UNREADABLE"
    assert (
        refused.value.words == "KashflowCredentials was sent with fields that cannot be read: username, memorable_word."
    )


def test_credentials_do_not_show_themselves() -> None:
    shown = repr(credentials_of(OrdercloudCredentials)(GOOD))
    assert "hunter2" not in shown
    assert "bridge" not in shown
