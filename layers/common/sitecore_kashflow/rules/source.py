"""The rules document in force: the shop's own from AppConfig, or the default of the layer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ..canonical.clock import Clock
from .document import default_rules, parse_rules
from .model import Rules

if TYPE_CHECKING:
    from mypy_boto3_appconfigdata.client import AppConfigDataClient

_KEEP_FOR = timedelta(minutes=1)
_NOTHING_DEPLOYED = ("ResourceNotFoundException", "BadRequestException")


@dataclass(frozen=True)
class RulesPlace:
    """Where AppConfig holds the shop's rules; no profile means the default that ships with the bridge."""

    application: str
    environment: str
    profile: str


def rules_source(client: "AppConfigDataClient | None", place: RulesPlace, clock: Clock) -> Callable[[], Rules]:
    """A function that returns the rules in force, read again after a minute. Without a client they are the default.

    A published document that is invalid raises `PermanentError`: posting by rules other than the shop's would be
    worse than parking.
    """
    kept: list[tuple[datetime, Rules]] = []

    def rules() -> Rules:
        if not kept or clock() - kept[0][0] > _KEEP_FOR:
            text = _read_published(client, place) if client else ""
            kept[:] = [(clock(), parse_rules(text) if text.strip() else default_rules())]
        return kept[0][1]

    return rules


def _read_published(client: "AppConfigDataClient", place: RulesPlace) -> str:
    try:
        session = client.start_configuration_session(
            ApplicationIdentifier=place.application,
            EnvironmentIdentifier=place.environment,
            ConfigurationProfileIdentifier=place.profile,
        )
        answer = client.get_latest_configuration(ConfigurationToken=session["InitialConfigurationToken"])
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOTHING_DEPLOYED:
            return ""
        raise
    return answer["Configuration"].read().decode("utf-8")
