"""OrderCloud's front door."""

from ...shops.front_door import FrontDoor
from ...shops.ordercloud.events import ACCEPTED, recognise
from ...shops.ordercloud.signature import is_signed
from ..secrets import Secret, webhook_keys
from ..settings import IngestSettings, read_settings
from ..wiring import Wiring


def front_door(wiring: Wiring) -> FrontDoor:
    """Bodies are signed with one of two live keys."""
    settings = read_settings(IngestSettings)
    keys = Secret(wiring.aws.client("secretsmanager"), settings.webhook_secret_name, webhook_keys, wiring.clock)
    return FrontDoor(
        source="ordercloud",
        is_authentic=lambda raw, signature: is_signed(raw, signature, keys().live),
        recognise=recognise,
        max_bytes=settings.max_webhook_bytes,
        accepted=ACCEPTED,
    )
