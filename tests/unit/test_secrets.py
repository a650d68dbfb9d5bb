"""Secrets: kept for five minutes, read again on demand, checked field by field, and never shown."""

import json
from typing import Any

import pytest

from sitecore_kashflow.calls.credentials import KashflowCredentials, OrdercloudCredentials
from sitecore_kashflow.errors import PermanentError
from sitecore_kashflow.runtime.secrets import Secret, WebhookKeys, credentials_of, webhook_keys
from tests.unit.doubles import Clock


class SecretsManager:
    """Holds one secret; each new value is a new version."""

    def __init__(self, **fields: str) -> None:
        self.fields = fields
        self.version = 1

    def rotate(self, **fields: str) -> None:
        self.fields = fields
        self.version += 1

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803
        assert SecretId == "keys"
        return {"SecretString": json.dumps(self.fields), "VersionId": f"version-{self.version}"}


def secret(manager: SecretsManager, clock: Clock) -> Secret[dict[str, Any]]:
    return Secret(manager, "keys", lambda fields: fields, clock)  # type: ignore[arg-type]


def test_secret_when_rotated_is_known_after_five_minutes(clock: Clock) -> None:
    manager = SecretsManager(current="old")
    keys = secret(manager, clock)
    assert keys() == {"current": "old", "version": "version-1"}
    manager.rotate(current="new")
    clock.sleep(300)
    assert keys()["current"] == "old"
    clock.sleep(1)
    assert keys() == {"current": "new", "version": "version-2"}


def test_secret_when_asked_for_again_is_read_at_once(clock: Clock) -> None:
    manager = SecretsManager(current="old")
    keys = secret(manager, clock)
    keys()
    manager.rotate(current="new")
    assert keys(refresh=True)["current"] == "new"
    assert keys()["current"] == "new"


def test_keys_of_webhooks_do_not_show_themselves() -> None:
    keys = webhook_keys({"current": "key-in-use", "previous": "key-before", "version": "1"})
    assert keys.live == ("key-in-use", "key-before")
    assert "key" not in repr(keys).removeprefix(WebhookKeys.__name__)
    assert webhook_keys({"current": "key-in-use"}).live == ("key-in-use", "")


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
