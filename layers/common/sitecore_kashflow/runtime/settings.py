"""What a door reads from its environment: names and addresses, never secrets. One named tuple for each concern."""

import os
from typing import Any, NamedTuple, TypeVar

from ..errors import PermanentError

Settings = TypeVar("Settings")


def is_in_lambda() -> bool:
    """Whether this process is a Lambda function's."""
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def read_settings(model: type[Settings]) -> Settings:
    """The settings in the environment. Raises `PermanentError` naming those that are missing or wrong."""
    found: dict[str, Any] = {}
    wrong: list[str] = []
    for name, kind in model.__annotations__.items():
        text = os.environ.get(name.upper())
        try:
            if text is not None:
                found[name] = kind(text)
            elif name not in model._field_defaults:  # type: ignore[attr-defined]
                wrong.append(name.upper())
        except ValueError:
            wrong.append(name.upper())
    if wrong:
        raise _wrong(wrong)
    return model(**found)


def _wrong(names: list[str]) -> PermanentError:
    return PermanentError(
        "SETTINGS_WRONG", f"Environment variables are missing or wrong: {', '.join(names)}. Deploy the stack again."
    )


class ServiceSettings(NamedTuple):
    """The stack's name, which is in every log line and every metric."""

    powertools_service_name: str = "sitecore-kashflow"


def queue_url(kind: str) -> str:
    """The address of the queue of a kind of subject, or of background work: `ORDER_QUEUE_URL`, ..."""
    name = f"{kind.upper()}_QUEUE_URL"
    if name not in os.environ:
        raise _wrong([name])
    return os.environ[name]


class IngestSettings(NamedTuple):
    webhook_secret_name: str
    max_webhook_bytes: int


class IdempotencySettings(NamedTuple):
    idempotency_table_name: str


class WorkflowSettings(NamedTuple):
    state_machine_arn: str


class SlotSettings(NamedTuple):
    """How many runs may be under way: `runs_under_way`, or as many as the call budget can serve."""

    runs_under_way: int = 0
    kashflow_calls_per_second: float = 5
    kashflow_parallel_calls: int = 4


class LedgerSettings(NamedTuple):
    """`keep_years`: for how many years beyond the present one the evidence of a sale is kept."""

    ledger_table_name: str
    keep_years: int = 7


class OrdercloudSettings(NamedTuple):
    """`ordercloud_url` is the host's address, with or without `/v1`; API and token paths are added."""

    ordercloud_url: str
    ordercloud_secret_name: str
    ordercloud_shipment_role: str = "no"
    ordercloud_calls_per_second: float = 5
    ordercloud_parallel_calls: int = 4

    @property
    def roles(self) -> str:
        """What the login asks for."""
        return "OrderAdmin ShipmentReader" if self.ordercloud_shipment_role == "yes" else "OrderAdmin"

    @property
    def base_url(self) -> str:
        return self.ordercloud_url.rstrip("/").removesuffix("/v1")


class KashflowSettings(NamedTuple):
    """`kashflow_url` is the API's address, with or without `/v2`."""

    kashflow_url: str
    kashflow_secret_name: str
    kashflow_calls_per_second: float = 5
    kashflow_parallel_calls: int = 4

    @property
    def base_url(self) -> str:
        return f"{self.kashflow_url.rstrip('/').removesuffix('/v2')}/v2"


class CommitSettings(NamedTuple):
    """`commit_settle_seconds`: how long after a lost answer a write may still land.

    `step_time_limit_seconds`: the template's time limit, after which Lambda ends a step; it sends nothing later.
    """

    commit_settle_seconds: int
    step_time_limit_seconds: int = 120


class PostingSettings(NamedTuple):
    """`posting_mode` is `live` or `shadow`; `live_from` a moment such as `2026-12-01T00:00:00Z`, or empty."""

    posting_mode: str = "live"
    live_from: str = ""


class EnrichmentSettings(NamedTuple):
    """The ARN of the shop's own function, or empty: for the command. The workflow says it to the step that asks."""

    enrichment_function_arn: str = ""


class SetupSettings(NamedTuple):
    """The API client that may set up webhooks: only the command reads it, from the environment of whoever types it."""

    ordercloud_setup_id: str = ""
    ordercloud_setup_secret: str = ""


class NoticeSettings(NamedTuple):
    """The topics for e-mail to each audience, and the secret with the addresses of their chats."""

    finance_topic: str
    technical_topic: str
    chat_secret_name: str


class RulesSettings(NamedTuple):
    """Where AppConfig holds the shop's rules; if empty, the bridge's default rules apply."""

    rules_application: str = ""
    rules_environment: str = ""
    rules_profile: str = ""
