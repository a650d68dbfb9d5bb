"""What a door reads from its environment: names and addresses, never secrets. One model for each concern."""

import os
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar

from ..errors import PermanentError

Settings = TypeVar("Settings")


def read_settings(model: type[Settings]) -> Settings:
    """The settings in the environment. Raises `PermanentError` naming those that are missing or wrong."""
    found: dict[str, Any] = {}
    wrong: list[str] = []
    for field in fields(model):  # type: ignore[arg-type]
        text = os.environ.get(field.name.upper())
        try:
            if text is not None:
                found[field.name] = field.type(text)  # type: ignore[operator]
            elif field.default is MISSING:
                wrong.append(field.name.upper())
        except ValueError:
            wrong.append(field.name.upper())
    if wrong:
        raise _wrong(wrong)
    return model(**found)


def _wrong(names: list[str]) -> PermanentError:
    return PermanentError(
        "SETTINGS_WRONG", f"Environment variables are missing or wrong: {', '.join(names)}. Deploy the stack anew."
    )


@dataclass(frozen=True)
class ServiceSettings:
    """The stack's name, which is in every log line and every metric."""

    powertools_service_name: str = "sitecore-kashflow"


def queue_url(kind: str) -> str:
    """The address of the queue of a kind of subject: `ORDER_QUEUE_URL`, ..."""
    name = f"{kind.upper()}_QUEUE_URL"
    if name not in os.environ:
        raise _wrong([name])
    return os.environ[name]


@dataclass(frozen=True)
class IngestSettings:
    webhook_secret_name: str
    max_webhook_bytes: int


@dataclass(frozen=True)
class IdempotencySettings:
    idempotency_table_name: str


@dataclass(frozen=True)
class WorkflowSettings:
    state_machine_arn: str


@dataclass(frozen=True)
class LedgerSettings:
    ledger_table_name: str


@dataclass(frozen=True)
class OrdercloudSettings:
    """`ordercloud_url` is the host's address, with or without `/v1`; API and token paths are added."""

    ordercloud_url: str
    ordercloud_secret_name: str
    ordercloud_calls_per_second: float = 5
    ordercloud_parallel_calls: int = 4

    @property
    def base_url(self) -> str:
        return self.ordercloud_url.rstrip("/").removesuffix("/v1")


@dataclass(frozen=True)
class KashflowSettings:
    """`kashflow_url` is the API's address, with or without `/v2`."""

    kashflow_url: str
    kashflow_secret_name: str
    kashflow_calls_per_second: float = 5
    kashflow_parallel_calls: int = 4

    @property
    def base_url(self) -> str:
        return f"{self.kashflow_url.rstrip('/').removesuffix('/v2')}/v2"


@dataclass(frozen=True)
class CommitSettings:
    """`commit_settle_seconds`: how long after a lost answer a write may still land.

    `step_time_limit_seconds`: the template's time limit, after which Lambda ends a step; it sends nothing later.
    """

    commit_settle_seconds: int
    step_time_limit_seconds: int = 120


@dataclass(frozen=True)
class RulesSettings:
    """Where AppConfig holds the shop's rules; if empty, the bridge's default rules apply."""

    rules_application: str = ""
    rules_environment: str = ""
    rules_profile: str = ""
