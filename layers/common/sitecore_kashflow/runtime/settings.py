"""What a door reads from its environment: names and addresses, never secrets. One model a concern."""

import os
from typing import Self

from pydantic import BaseModel, ConfigDict, field_validator

from ..rules.source import RulesPlace


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=str.upper)

    @classmethod
    def read(cls) -> Self:
        """From the environment, validated; the error names what is missing."""
        found = {name: os.environ.get(name) for name in map(str.upper, cls.model_fields)}
        return cls.model_validate({name: value for name, value in found.items() if value is not None})


class ServiceSettings(_Settings):
    """The stack's name, as every line of the log and every metric carries it."""

    powertools_service_name: str = "sitecore-kashflow"


class QueueSettings(_Settings):
    order_queue_url: str


class IngestSettings(_Settings):
    webhook_secret_name: str
    max_webhook_bytes: int


class ProcessSettings(_Settings):
    idempotency_table_name: str
    state_machine_arn: str


class LedgerSettings(_Settings):
    ledger_table_name: str


class OrdercloudSettings(_Settings):
    """`ordercloud_url` is the host's address; API and token paths are added (`sitecore-api.md` 2.1)."""

    ordercloud_url: str
    ordercloud_secret_name: str
    ordercloud_calls_per_second: float = 5
    ordercloud_parallel_calls: int = 4

    @field_validator("ordercloud_url")
    @classmethod
    def host_only(cls, value: str) -> str:
        """Accept the address with or without `/v1`."""
        return value.rstrip("/").removesuffix("/v1")


class KashflowSettings(_Settings):
    """`kashflow_url` ends in `/v2`, as the vendor writes it; a bare host is completed."""

    kashflow_url: str
    kashflow_secret_name: str
    kashflow_calls_per_second: float = 5
    kashflow_parallel_calls: int = 4

    @field_validator("kashflow_url")
    @classmethod
    def with_version(cls, value: str) -> str:
        """Accept the address with or without `/v2`."""
        return f"{value.rstrip('/').removesuffix('/v2')}/v2"


class CommitSettings(_Settings):
    """`commit_settle_seconds`: how long after a lost answer a write may still land.

    `step_time_limit_seconds`: after how long Lambda ends a step, the template's time limit; nothing of it
    is sent later.
    """

    commit_settle_seconds: int
    step_time_limit_seconds: int = 120


class RulesSettings(_Settings):
    """Where AppConfig holds the shop's rules; empty means the default that ships with the bridge."""

    rules_application: str = ""
    rules_environment: str = ""
    rules_profile: str = ""

    @property
    def place(self) -> RulesPlace:
        return RulesPlace(self.rules_application, self.rules_environment, self.rules_profile)
