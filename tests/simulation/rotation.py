"""A credential is changed: in the outside system, and in its secret."""

from itertools import count
from typing import Any, Protocol

from sandbox.kashflow.memory import InMemory as KashflowInMemory
from sandbox.retail_shop import RetailShop

_FIELDS = {"kashflow": "password", "ordercloud": "client_secret", "webhook": "current"}


class Ground(Protocol):
    """Where the credentials are."""

    secrets: dict[str, dict[str, str]]
    kashflow: KashflowInMemory
    shop: RetailShop


class Rotation:
    """Changes credentials, each time to another value. Sessions that are open stay open."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._numbers = count(2)

    def change(self, name: str) -> None:
        """Change KashFlow's password, the API client's secret or the webhook's hash key; nothing for another name."""
        if name not in _FIELDS:
            return
        fields, field = self._ground.secrets[name], _FIELDS[name]
        new = f"{fields[field].partition('/')[0]}/{next(self._numbers)}"
        if name == "kashflow":
            self._ground.kashflow.kashflow.sessions.password = new
        elif name == "ordercloud":
            self._patch(f"/v1/apiclients/{fields['client_id']}", {"ClientSecret": new})
        else:
            fields["previous"] = fields["current"]
            self._patch("/v1/webhooks/bridge", {"HashKey": new})
        fields[field] = new

    def _patch(self, path: str, fields: dict[str, Any]) -> None:
        self._ground.shop._call("PATCH", path, fields)
