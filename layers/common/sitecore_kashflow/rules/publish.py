"""Puts a shop's rules document in force: checks it and deploys it as a new AppConfig version, in JSON."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import PermanentError
from .document import document_of, parse_rules
from .never import require_no_idle_rules
from .source import RulesPlace

if TYPE_CHECKING:
    from mypy_boto3_appconfig.client import AppConfigClient

_MOST_CHECKS = 60


@dataclass(frozen=True)
class Published:
    """The rules of this name are version `number` in AppConfig; functions take them up within a minute."""

    rules: str
    number: int


def publish_rules(
    text: str,
    client: "AppConfigClient",
    place: RulesPlace,
    strategy: str,
    sleep: Callable[[float], None] = time.sleep,
) -> Published:
    """Check the document, publish it and wait until it is in force. Raises `PermanentError` if it is not."""
    rules = parse_rules(text)
    require_no_idle_rules(rules.conditional)
    number = client.create_hosted_configuration_version(
        ApplicationId=place.application,
        ConfigurationProfileId=place.profile,
        Content=published_form(text),
        ContentType="application/json",
    )["VersionNumber"]
    deployment = client.start_deployment(
        ApplicationId=place.application,
        EnvironmentId=place.environment,
        ConfigurationProfileId=place.profile,
        DeploymentStrategyId=strategy,
        ConfigurationVersion=str(number),
    )["DeploymentNumber"]
    for _ in range(_MOST_CHECKS):
        state = client.get_deployment(
            ApplicationId=place.application,
            EnvironmentId=place.environment,
            DeploymentNumber=deployment,
        )["State"]
        if state == "COMPLETE":
            return Published(rules.version, number)
        sleep(1)
    raise PermanentError("RULES_NOT_DEPLOYED", f"Rules {rules.version} are not in force: their deployment is {state}.")


def require_version_of_its_own(text: str, used: Iterable[str]) -> None:
    """Raise `PermanentError` if another of the documents that were ever in force bears the same version.

    What is invoiced under a version is held to the rules of that version.
    """
    new = _plain_document(text)
    if any(one.get("version") == new.get("version") and one != new for one in map(_plain_document, used)):
        raise PermanentError(
            "RULES_VERSION_USED",
            f"Other rules were in force as version {new.get('version')}, and what is invoiced under it is held to "
            "them. Give the document a version of its own.",
        )


def text_of(path: str) -> str:
    """The text of a rules document. Raises `PermanentError` if it cannot be read."""
    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        raise PermanentError(
            "RULES_UNREADABLE", f"The rules document {path} cannot be read: {error.strerror}."
        ) from None


def published_form(text: str) -> bytes:
    """The document as JSON, digit for digit: AppConfig's validator does not read YAML."""
    return json.dumps(_plain_document(text), ensure_ascii=False, indent=1).encode()


def _plain_document(text: str) -> dict[str, Any]:
    document = document_of(text)
    if isinstance(document.get("version"), int):
        document |= {"version": str(document["version"])}
    plain: dict[str, Any] = _plain(document)
    return plain


def _plain(value: Any) -> Any:
    """Decimals and dates as text, from which the rules read the same exact values."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Decimal | date) else value
