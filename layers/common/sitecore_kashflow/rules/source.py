"""The rules document in force: the shop's own from AppConfig, or the default of the layer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

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


class KeptText(Protocol):
    """Where the document that was last in force is remembered, for all containers and for good."""

    def keep(self, text: str) -> None: ...

    def recall(self) -> str: ...


@dataclass
class RulesSource:
    """Returns the rules in force, read again after a minute.

    If AppConfig has none any more, those that were last in force still apply. The default applies only to a shop that
    never had its own. A published document that is invalid raises `PermanentError`: posting by rules other than the
    shop's would be worse than parking.
    """

    client: "AppConfigDataClient"
    place: RulesPlace
    last: KeptText
    clock: Clock
    _read_at: datetime | None = None
    _text: str = ""
    _rules: Rules | None = None

    def __call__(self) -> Rules:
        now = self.clock()
        if self._rules is None or self._read_at is None or now - self._read_at > _KEEP_FOR:
            self._rules, self._read_at = self._read(), now
        return self._rules

    def _read(self) -> Rules:
        text = _read_published(self.client, self.place)
        if not text.strip():
            text = self.last.recall()
            return parse_rules(text) if text else default_rules()
        rules = parse_rules(text)
        if text != self._text:
            self.last.keep(text)
            self._text = text
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
