"""`bridge register-webhooks`: the webhook is as the bridge needs it, whatever was there; twice does nothing."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.deployed import HASH_KEY
from tests.stage import Stage
from tests.terminal import Said, Terminal

WEBHOOK = "/v1/webhooks/of-the-test"
URL = "https://api.example/live/webhooks/ordercloud"
CLIENTS = ("--client", "storefront", "--client", "backoffice")


@pytest.fixture(autouse=True)
def stack(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the deployed stack says of itself, and a client that may set webhooks up."""
    outputs = {"OrdercloudWebhookUrl": URL, "WebhookSecretName": "webhook"}
    described = {"Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]}
    stacks = SimpleNamespace(describe_stacks=lambda **_: {"Stacks": [described]})
    before = terminal.aws.client
    monkeypatch.setattr(terminal.aws, "client", lambda one: stacks if one == "cloudformation" else before(one))
    monkeypatch.setenv("ORDERCLOUD_SETUP_ID", "setup")
    monkeypatch.setenv("ORDERCLOUD_SETUP_SECRET", "setup-secret")


def register(terminal: Terminal, *words: str) -> Said:
    said = terminal.run("register-webhooks", *words)
    assert HASH_KEY not in said.out + said.err
    return said


def there(bridge: Stage) -> Any:
    return bridge.shop.call("GET", WEBHOOK)


def test_webhook_that_is_missing_is_created_with_key_clients_and_routes(bridge: Stage, terminal: Terminal) -> None:
    said = register(terminal, *CLIENTS, "--yes")
    assert (said.status, said.lines[-1]) == (0, "The webhook of-the-test was created.")
    webhook = there(bridge)
    assert (webhook["Url"], webhook["HashKey"], webhook["BeforeProcessRequest"]) == (URL, HASH_KEY, False)
    assert webhook["ApiClientIDs"] == ["backoffice", "storefront"]
    assert {"Verb": "POST", "Route": "v1/cart/submit"} in webhook["WebhookRoutes"]


def test_webhook_that_is_right_is_left_alone_and_nobody_is_asked(bridge: Stage, terminal: Terminal) -> None:
    register(terminal, *CLIENTS, "--yes")
    bridge.calls("ordercloud")
    said = register(terminal)
    assert said.lines == ["The webhook of-the-test is as it should be."]
    assert [call for call in bridge.calls("ordercloud") if "webhooks" in call and not call.startswith("GET")] == []


def test_webhook_that_differs_is_changed_in_that_alone(bridge: Stage, terminal: Terminal) -> None:
    register(terminal, *CLIENTS, "--yes")
    bridge.shop.call("PATCH", WEBHOOK, Url="https://old.example", HashKey="old-key", Description="ours")
    said = register(terminal, "--yes")
    assert said.lines[:2] == [f"Url: https://old.example -> {URL}", "HashKey: a key -> a key"]
    assert (there(bridge)["HashKey"], there(bridge)["Description"]) == (HASH_KEY, "ours")


def test_webhook_is_not_written_without_a_yes(bridge: Stage, terminal: Terminal) -> None:
    said = terminal.run("register-webhooks", *CLIENTS, types="n\n")
    assert (said.status, "Nothing was done." in said.err) == (1, True)
    assert f"Url: nothing -> {URL}" in said.err
    with pytest.raises(AssertionError, match="404"):
        there(bridge)


@pytest.mark.parametrize("clients", [(), ("--client", "kashflow-bridge")])
def test_webhook_of_no_client_or_of_the_bridges_own_is_refused(terminal: Terminal, clients: tuple[str, ...]) -> None:
    said = register(terminal, *clients, "--yes")
    assert (said.status, "bridge's own" in said.err) == (1, True)


def test_webhook_set_up_by_a_client_without_the_role_says_which_it_needs(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERCLOUD_SETUP_ID", "kashflow-bridge")
    monkeypatch.setenv("ORDERCLOUD_SETUP_SECRET", "bridge-secret")
    said = register(terminal, *CLIENTS, "--yes")
    assert (said.status, "WebhookAdmin" in said.err) == (1, True)


def test_webhook_without_a_client_to_set_it_up_says_where_to_put_one(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORDERCLOUD_SETUP_SECRET")
    said = register(terminal, *CLIENTS, "--yes")
    assert (said.status, "ORDERCLOUD_SETUP_SECRET" in said.err) == (1, True)
