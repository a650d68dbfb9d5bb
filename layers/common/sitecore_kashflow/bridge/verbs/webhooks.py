"""`register-webhooks`: OrderCloud's webhook for this stack, created or brought up to date."""

import re
from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ...calls.credentials import OrdercloudCredentials
from ...calls.http import Caller
from ...errors import PermanentError
from ...runtime.secrets import Secret, credentials_of, webhook_keys
from ...runtime.settings import OrdercloudSettings, SetupSettings, read_settings
from ...shops.ordercloud.client import DIALECT
from ...shops.ordercloud.webhook_setup import WebhookSetup, differing, wanted_webhook
from ..desk import Desk
from ..outcome_values import FieldChange, WebhookRegistered

Kept = TypeVar("Kept")


def register_webhooks(asked: Namespace, desk: Desk) -> WebhookRegistered:
    """Say what differs, ask, and write that alone. If nothing differs, nothing is asked or written."""
    setup, webhook_id = _setup(desk), re.sub(r"[^A-Za-z0-9_-]", "-", desk.stack.name)
    found = setup.find(webhook_id)
    clients = asked.clients or (found or {}).get("ApiClientIDs") or []
    _require_clients(clients, desk)
    wanted = wanted_webhook(f"KashFlow bridge {desk.stack.name}", asked.url or _url(desk), _key(desk), clients)
    changes = differing(found or {}, wanted)
    if changes:
        lines = "\n".join(f"  {one.field}: {one.before} -> {one.after}" for one in _shown(found or {}, changes))
        desk.person.confirm(f"{'Change' if found else 'Create'} the webhook {webhook_id}?\n{lines}\n")
        (setup.update if found else setup.create)(webhook_id, changes)
    return WebhookRegistered(webhook_id, is_new=found is None, changes=_shown(found or {}, changes))


def _setup(desk: Desk) -> WebhookSetup:
    client_id, secret = read_settings(SetupSettings)
    if not (client_id and secret):
        raise PermanentError(
            "SETUP_CLIENT_MISSING",
            "Put the id and secret of an API client with the role WebhookAdmin into ORDERCLOUD_SETUP_ID and "
            "ORDERCLOUD_SETUP_SECRET. The bridge's own client needs no such role.",
        )
    base_url = read_settings(OrdercloudSettings).base_url
    return WebhookSetup(Caller(DIALECT, base_url, desk.wiring.http, desk.wiring.clock), client_id, secret)


def _require_clients(clients: list[str], desk: Desk) -> None:
    name = read_settings(OrdercloudSettings).ordercloud_secret_name
    own = _secret(name, credentials_of(OrdercloudCredentials), desk).client_id
    if not clients or own in clients:
        raise PermanentError(
            "API_CLIENTS_WRONG",
            "Name the API clients through which orders are placed, paid or changed (--client, once for each), and not "
            "the bridge's own: each of its reports would come back as an event.",
        )


def _url(desk: Desk) -> str:
    return desk.stack.outputs["OrdercloudWebhookUrl"]


def _key(desk: Desk) -> str:
    return _secret(desk.stack.outputs["WebhookSecretName"], webhook_keys, desk).current


def _secret(name: str, read: Callable[[dict[str, Any]], Kept], desk: Desk) -> Kept:
    return Secret(desk.stack.aws.client("secretsmanager"), name, read, desk.wiring.clock)()


def _shown(found: Mapping[str, Any], changes: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """The key itself is never shown."""
    return tuple(
        FieldChange(field, _words(field, found.get(field)), _words(field, value)) for field, value in changes.items()
    )


def _words(field: str, value: Any) -> str:
    if value in (None, "", []):
        return "nothing"
    if field == "HashKey":
        return "a key"
    if isinstance(value, list):
        return ", ".join(f"{one['Verb']} {one['Route']}" if isinstance(one, dict) else str(one) for one in value)
    return str(value)
