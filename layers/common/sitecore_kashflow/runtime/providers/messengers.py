"""How people are told."""

from typing import Any

from ...calls.messenger import PeopleMessenger
from ...usecases.notify_people import Messenger
from ..secrets import Secret
from ..settings import NoticeSettings, read_settings
from ..wiring import Wiring


def messenger(wiring: Wiring) -> Messenger:
    settings = read_settings(NoticeSettings)
    secret = Secret(wiring.aws.client("secretsmanager"), settings.chat_secret_name, _addresses, wiring.clock)
    return PeopleMessenger(
        sns=wiring.aws.client("sns"),
        http=wiring.http,
        topics={"finance": settings.finance_topic, "technical": settings.technical_topic},
        chats=secret,
    )


def _addresses(fields: dict[str, Any]) -> dict[str, str]:
    return {audience: str(fields.get(audience) or "") for audience in ("finance", "technical")}
