"""Secrets: kept for five minutes, asked for anew on demand, and never shown."""

import json
from typing import Any

from sitecore_kashflow.runtime.secrets import Secret, WebhookKeys, webhook_keys
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


def test_secret_when_asked_for_anew_is_read_at_once(clock: Clock) -> None:
    manager = SecretsManager(current="old")
    keys = secret(manager, clock)
    keys()
    manager.rotate(current="new")
    assert keys(anew=True)["current"] == "new"
    assert keys()["current"] == "new"


def test_keys_of_webhooks_do_not_show_themselves() -> None:
    keys = webhook_keys({"current": "key-in-use", "previous": "key-before", "version": "1"})
    assert keys.live == ("key-in-use", "key-before")
    assert "key" not in repr(keys).removeprefix(WebhookKeys.__name__)
    assert webhook_keys({"current": "key-in-use"}).live == ("key-in-use", "")
